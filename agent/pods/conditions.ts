import { timestamp } from '#lib/api/timestamp.ts';
import type { ContainerStatus, Pod, PodCondition } from '#lib/api/types/core.v1.ts';
import { containersOf } from './containers.ts';
import type { Phase } from './phase.ts';

export interface ConditionFacts {
  readonly pod: Pod;
  readonly phase: Phase;
  readonly statuses: readonly ContainerStatus[];
  /** Whether there is a sandbox with its network. */
  readonly hasSandbox: boolean;
  readonly resize?: ResizeFacts;
  /** Whether all of its containers end to begin anew; absent if none of them can bring that about. */
  readonly isRestarting?: boolean;
  /** Why the node ends it, if it does. */
  readonly disruption?: string;
  /** As the API has them now. */
  readonly before: readonly PodCondition[];
  readonly nowMs: number;
}

export interface ResizeFacts {
  /** Why it is not granted. */
  readonly pending?: { readonly reason: string; readonly message: string };
  /** Granted, and not all containers have it yet. */
  readonly isInProgress: boolean;
  readonly error?: string;
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

/** The agent's own conditions, and behind them, unchanged, those of others. Rule: Pod Lifecycle, "Pod conditions". */
export function conditionsOf(facts: ConditionFacts): readonly PodCondition[] {
  const containersReady = readiness(facts);
  const own: readonly (readonly [string, Verdict])[] = [
    ['PodReadyToStartContainers', { status: facts.hasSandbox ? 'True' : 'False' }],
    ['Initialized', initialisation(facts)],
    ['Ready', gated(facts, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', { status: 'True' }],
  ];
  const now = [...own, ...resizing(facts), ...restarting(facts), ...disruption(facts)];
  const names = new Set([...now.map(([type]) => type), ...resizeTypes]);
  return [
    ...now.map(([type, verdict]) => stamped(type, verdict, facts)),
    ...facts.before.filter(({ type }) => !names.has(type)),
  ];
}

/** These are there only while there is something to tell. Rule: "Resize CPU and Memory Resources", "Pod resize status". */
export const resizeTypes = ['PodResizePending', 'PodResizeInProgress'] as const;

function resizing({ resize }: ConditionFacts): readonly (readonly [string, Verdict])[] {
  if (resize === undefined) return [];
  const { pending, isInProgress, error } = resize;
  const progress = { status: 'True', ...(error === undefined ? {} : { reason: 'Error', message: error }) };
  return [
    ...(pending === undefined ? [] : [['PodResizePending', { status: 'True', ...pending }] as const]),
    ...(isInProgress ? [['PodResizeInProgress', progress] as const] : []),
  ];
}

/** Rule: KEP-5532. */
function restarting({ isRestarting, phase }: ConditionFacts): readonly (readonly [string, Verdict])[] {
  if (isRestarting === undefined) return [];
  const verdict = (): Verdict => {
    if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
    if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
    if (!isRestarting) return { status: 'False' };
    const message = 'container exited with restart policy rule';
    return { status: 'True', reason: 'RestartAllContainersStarted', message };
  };
  return [['AllContainersRestarting', verdict()]];
}

function disruption({ disruption: message }: ConditionFacts): readonly (readonly [string, Verdict])[] {
  if (message === undefined) return [];
  return [['DisruptionTarget', { status: 'True', reason: 'TerminationByKubelet', message }]];
}

function stamped(type: string, verdict: Verdict, { pod, before, nowMs }: ConditionFacts): PodCondition {
  const was = before.find((condition) => condition.type === type);
  const same = was?.status === verdict.status;
  const { generation } = pod.metadata;
  return {
    type,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status: verdict.status,
    lastProbeTime: null as unknown as string, // upstream writes the null, too
    lastTransitionTime: (same ? was?.lastTransitionTime : undefined) ?? timestamp(nowMs),
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    ...(verdict.message === undefined ? {} : { message: verdict.message }),
  };
}

function initialisation({ pod, phase, statuses }: ConditionFacts): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  const all = containersOf(pod);
  const hasBegun = all.some(({ kind, container }) => kind === 'main' && wasStarted(statuses, container.name));
  if (hasBegun) return { status: 'True' };
  const left = all
    .filter(
      ({ kind, container }) =>
        (kind === 'init' && !isReady(statuses, container.name)) ||
        (kind === 'sidecar' && !isStarted(statuses, container.name)),
    )
    .map(({ container }) => container.name);
  if (left.length === 0) return { status: 'True' };
  const message = `containers with incomplete status: [${left.join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotInitialized', message };
}

function readiness({ pod, phase, statuses }: ConditionFacts): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const left = containersOf(pod)
    .filter(({ kind, container }) => (kind === 'main' || kind === 'sidecar') && !isReady(statuses, container.name))
    .map(({ container }) => container.name);
  if (left.length === 0) return { status: 'True' };
  const message = `containers with unready status: [${left.join(' ')}]`;
  return { status: 'False', reason: 'ContainersNotReady', message };
}

function gated({ pod, before }: ConditionFacts, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady;
  const messages = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const gate = before.find(({ type }) => type === conditionType);
    if (gate === undefined) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    if (gate.status === 'True') return [];
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`];
  });
  if (messages.length === 0) return containersReady;
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

function isReady(statuses: readonly ContainerStatus[], name: string): boolean {
  return statuses.find((status) => status.name === name)?.ready === true;
}

function isStarted(statuses: readonly ContainerStatus[], name: string): boolean {
  return statuses.find((status) => status.name === name)?.started === true;
}

function wasStarted(statuses: readonly ContainerStatus[], name: string): boolean {
  const status = statuses.find((one) => one.name === name);
  return (
    status?.state?.running !== undefined ||
    status?.state?.terminated !== undefined ||
    status?.lastState?.terminated !== undefined
  );
}
