import { timestamp } from '#lib/api/timestamp.ts';
import type { ContainerStatus, Pod, PodStatus, ResourceRequirements } from '#lib/api/types/core.v1.ts';
import type { Refusal } from '../admission/admit.ts';
import { wholePod } from '../resize/allocation.ts';
import { conditionsOf, type ResizeFacts } from './conditions.ts';
import { containerStatus, type Waiting } from './container-state.ts';
import { containersOf, type Kind } from './containers.ts';
import { isLive, type Observed } from './observed.ts';
import { isFinal, type Phase, phaseOf } from './phase.ts';
import type { ProbeView } from './plan.ts';
import { mayRestartAll, wholeRestart } from './plan-restart.ts';
import type { PodRecord } from './pod-record.ts';
import { shortMessages } from './short-message.ts';
import type { Stage } from './stage.ts';

export interface StatusFacts {
  readonly pod: Pod;
  readonly observed: Observed;
  readonly probes: ProbeView;
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly stage: Stage;
  /** What the API was told last; the pod's own status if nothing yet. */
  readonly before: PodStatus;
  /** Addresses of the node, primary first. */
  readonly hostIPs: readonly string[];
  /** Why the pod has to fail, whatever its containers do: `DeadlineExceeded`, `Evicted` ... */
  readonly failure?: PodRecord['failure'];
  /** Why the node would not have it. */
  readonly refusal?: Refusal;
  /** By container id: the resources that it runs with. */
  readonly actuated?: ReadonlyMap<string, ResourceRequirements>;
  /** How far a resize has come. */
  readonly resize?: ResizeFacts;
  readonly seenAtMs: number;
  readonly nowMs: number;
}

/** The pod's status, all of it. */
export function statusOf(facts: StatusFacts): PodStatus {
  return outcomeOf(facts).status;
}

export interface PodOutcome {
  readonly status: PodStatus;
  /** Nothing of it has to run any more: what still does, its sidecars, is to end before its phase says so. */
  readonly isOver: boolean;
}

export function outcomeOf(facts: StatusFacts): PodOutcome {
  const { pod, observed, before, stage } = facts;
  if (facts.refusal !== undefined || wasRefused(before)) return { status: refusedStatus(facts), isOver: true };
  const all = containersOf(pod);
  const known = [
    ...(before.initContainerStatuses ?? []),
    ...(before.containerStatuses ?? []),
    ...(before.ephemeralContainerStatuses ?? []),
  ];
  const of = (...kinds: readonly Kind[]) =>
    all
      .filter(({ kind }) => kinds.includes(kind))
      .map((one) => shortMessages(containerStatus(one, { ...facts, before: known }), all.length));
  const init = of('init', 'sidecar');
  const main = of('main');
  const ephemeral = of('ephemeral');
  const phase = nextPhase(facts, [...init, ...main]);
  const [sandbox] = observed.sandboxes;
  const hasSandbox = sandbox?.isReady === true && stage !== 'terminated' && stage !== 'finished';
  const podIPs = pod.spec.hostNetwork ? (sandbox === undefined ? [] : facts.hostIPs) : (sandbox?.ips ?? []);
  const isOver = stage !== 'syncing' || isFinal(phase);
  const ips = podIPs.length === 0 && isOver ? (before.podIPs ?? []).map(({ ip }) => ip) : podIPs;
  const { generation } = pod.metadata;
  const status = {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase: shownPhase(phase, facts),
    conditions: conditionsOf({
      pod,
      phase,
      statuses: [...init, ...main],
      hasSandbox,
      before: before.conditions ?? [],
      ...(facts.resize === undefined ? {} : { resize: facts.resize }),
      ...restartingOf(pod, observed),
      ...disruptionOf(facts),
      nowMs: facts.nowMs,
    }),
    ...(failureNow(facts) ?? keptReason(before)),
    ...(facts.hostIPs.length === 0 ? {} : { hostIP: facts.hostIPs[0]!, hostIPs: facts.hostIPs.map((ip) => ({ ip })) }),
    ...(ips.length === 0 ? {} : { podIP: ips[0]!, podIPs: ips.map((ip) => ({ ip })) }),
    startTime: before.startTime ?? timestamp(facts.seenAtMs),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: main,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    ...wholeResources(facts),
    ...(before.qosClass === undefined ? {} : { qosClass: before.qosClass }),
  };
  return { status, isOver: isFinal(phase) };
}

function restartingOf(pod: Pod, observed: Observed): { readonly isRestarting?: boolean } {
  if (!mayRestartAll(pod)) return {};
  const whole = wholeRestart(pod, observed, observed.sandboxes[0]?.id);
  const hasBegun = observed.containers.some(({ createdAtMs }) => createdAtMs > (whole?.because.finishedAtMs ?? 0));
  return { isRestarting: whole !== undefined && !hasBegun };
}

/** Who reads that a pod has ended may count on nothing of it running. Rule: kubelet's status manager. */
function shownPhase(phase: Phase, { before, observed, stage }: StatusFacts): Phase {
  const mayRun = (stage === 'syncing' || stage === 'terminating') && observed.containers.some(isLive);
  if (!mayRun || !isFinal(phase) || isFinal(before.phase)) return phase;
  return (before.phase as Phase | undefined) ?? 'Running';
}

/** What a pod was granted and runs with as a whole, where it asks for something as a whole. Rule: KEP-5419. */
function wholeResources({ pod, actuated }: StatusFacts): Pick<PodStatus, 'resources' | 'allocatedResources'> {
  const now = actuated?.get(wholePod);
  const { requests } = pod.spec.resources ?? {};
  return {
    ...(now === undefined ? {} : { resources: now }),
    ...(requests === undefined ? {} : { allocatedResources: requests }),
  };
}

/** As the API has it, of a pod that was refused before this agent's time: it failed without a container. */
function wasRefused({ phase, containerStatuses }: PodStatus): boolean {
  return phase === 'Failed' && containerStatuses === undefined;
}

/** Of what never ran there is nothing to tell but why. */
function refusedStatus({ pod, before, refusal, seenAtMs }: StatusFacts): PodStatus {
  const { generation } = pod.metadata;
  return {
    ...before,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase: 'Failed',
    ...(refusal && { reason: refusal.reason, message: `Pod was rejected: ${refusal.message}` }),
    startTime: before.startTime ?? timestamp(seenAtMs),
  };
}

/** Who sees that a pod has failed may count on nothing of it running. Rule: Pod Lifecycle, "Pod phase". */
function failureNow({
  failure,
  stage,
}: StatusFacts): { readonly reason: string; readonly message: string } | undefined {
  if (failure === undefined || stage === 'syncing' || stage === 'terminating') return undefined;
  const { reason, message } = failure;
  return { reason, message };
}

/** That the node ends it is told at once. */
function disruptionOf({ failure }: StatusFacts) {
  return failure?.isDisruption === true ? { disruption: failure.message } : {};
}

/** A phase that is final stays. */
function nextPhase(facts: StatusFacts, statuses: readonly ContainerStatus[]): Phase {
  const { pod, before, stage } = facts;
  if (isFinal(before.phase)) return before.phase as Phase;
  if (failureNow(facts) !== undefined) return 'Failed';
  return phaseOf(pod, statuses, stage === 'terminated' || stage === 'finished');
}

function keptReason({ reason, message }: PodStatus): Partial<PodStatus> {
  return { ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) };
}
