// Statuses of containers as the API shows them, from what the runtime has.

import { timestamp } from '#lib/api/timestamp.ts';
import type {
  ContainerState,
  ContainerStatus,
  Pod,
  ResourceRequirements,
  VolumeMountStatus,
} from '#lib/api/types/core.v1.ts';
import { type Kind, mayRestart, type PodContainer } from './containers.ts';
import type { Observed, ObservedContainer } from './observed.ts';
import type { ProbeView } from './plan.ts';
import type { Stage } from './stage.ts';

/** Why a container does not run although it should: what users see, hence closed by upstream's names. */
export type WaitingReason =
  | 'ContainerCreating'
  | 'PodInitializing'
  | 'CrashLoopBackOff'
  | 'ErrImagePull'
  | 'ImagePullBackOff'
  | 'ErrImageNeverPull'
  | 'InvalidImageName'
  | 'ImageInspectError'
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'RunContainerError'
  | 'PostStartHookError';

export interface Waiting {
  readonly reason: WaitingReason;
  readonly message: string;
}

export interface ContainerFacts {
  readonly pod: Pod;
  readonly observed: Observed;
  readonly probes: ProbeView;
  /** By container name: why its last start failed or waits. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly stage: Stage;
  readonly actuated?: ReadonlyMap<string, ResourceRequirements>;
  /** As the API has them now. */
  readonly before: readonly ContainerStatus[];
}

export function containerStatus(one: PodContainer, facts: ContainerFacts): ContainerStatus {
  const { kind, container } = one;
  const own = facts.observed.containers.filter(({ name }) => name === container.name);
  const [latest] = own;
  const before = facts.before.find(({ name }) => name === container.name);
  if (latest === undefined) return absentStatus(one, facts, before);
  const ended = stateOf(latest);
  const waits = latest.state !== 'running' ? waitingOf(one, facts, latest) : undefined;
  const state: ContainerState = waits === undefined ? ended : { waiting: waits };
  const previous = waits !== undefined && ended.terminated !== undefined ? latest : own.slice(1).find(hasEnded);
  const lastState = previous === undefined ? {} : stateOf(previous);
  const started = latest.state === 'running' && facts.probes.isStarted(latest.id);
  return {
    name: container.name,
    state,
    lastState,
    ready: isReady(kind, latest, started, facts.probes),
    restartCount: latest.attempt,
    image: latest.image || (container.image ?? ''),
    imageID: latest.imageRef,
    containerID: `containerd://${latest.id}`,
    started,
    ...resourcesOf(one, facts.actuated?.get(latest.id)),
    ...mountsOf(one, latest),
    ...(latest.user === undefined ? {} : { user: { linux: latest.user } }),
    ...stopSignalOf(latest),
  };
}

function hasEnded({ state }: ObservedContainer): boolean {
  return state === 'exited';
}

function isReady(kind: Kind, latest: ObservedContainer, started: boolean, probes: ProbeView): boolean {
  if (kind === 'init') return latest.state === 'exited' && latest.exitCode === 0;
  return latest.state === 'running' && started && probes.isReady(latest.id);
}

/** Rule: Pod Lifecycle, "Container states". */
function stateOf(container: ObservedContainer): ContainerState {
  const { state, startedAtMs } = container;
  if (state === 'running') return { running: { startedAt: timestamp(startedAtMs) } };
  if (state === 'created') return { waiting: { reason: 'ContainerCreating' } };
  const unknown = state === 'unknown';
  return {
    terminated: {
      exitCode: unknown ? 137 : container.exitCode,
      reason: unknown
        ? 'ContainerStatusUnknown'
        : container.reason || (container.exitCode === 0 ? 'Completed' : 'Error'),
      ...(container.message === '' ? {} : { message: container.message }),
      startedAt: timestamp(startedAtMs),
      finishedAt: timestamp(container.finishedAtMs),
      containerID: `containerd://${container.id}`,
    },
  };
}

/** Why it is about to be started again, if it is. */
function waitingOf(one: PodContainer, { pod, waiting, stage }: ContainerFacts, latest: ObservedContainer) {
  if (stage !== 'syncing') return undefined;
  const why = waiting.get(one.container.name);
  if (why === undefined) return undefined;
  if (latest.state === 'exited' && !mayRestart(pod, one, latest.exitCode)) return undefined;
  return shown(why);
}

function absentStatus(one: PodContainer, facts: ContainerFacts, before: ContainerStatus | undefined): ContainerStatus {
  const { container, kind } = one;
  const was = before?.state;
  if (before !== undefined && was?.terminated !== undefined) return before;
  if (before !== undefined && was?.running !== undefined) return lost(before, facts.stage);
  const isHeld = kind !== 'ephemeral' && (facts.pod.spec.initContainers?.length ?? 0) > 0;
  const why = facts.stage === 'syncing' ? facts.waiting.get(container.name) : undefined;
  const waiting = why === undefined ? { reason: isHeld ? 'PodInitializing' : 'ContainerCreating' } : shown(why);
  return {
    name: container.name,
    state: { waiting },
    lastState: before?.lastState ?? {},
    ready: false,
    restartCount: before?.restartCount ?? 0,
    image: container.image ?? '',
    imageID: '',
    started: false,
    ...resourcesOf(one),
    ...mountsOf(one),
  };
}

/** It ran when the API was told last, and now the runtime does not know it. */
function lost(before: ContainerStatus, stage: Stage): ContainerStatus {
  const terminated = {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    ...(before.containerID === undefined ? {} : { containerID: before.containerID }),
  };
  if (stage !== 'syncing') return { ...before, state: { terminated }, ready: false, started: false };
  return {
    ...before,
    state: { waiting: { reason: 'ContainerCreating' } },
    lastState: { terminated },
    ready: false,
    started: false,
  };
}

function shown({ reason, message }: Waiting): { readonly reason: string; readonly message?: string } {
  return message === '' ? { reason } : { reason, message };
}

function resourcesOf({ container, kind }: PodContainer, actuated?: ResourceRequirements): Partial<ContainerStatus> {
  const { resources } = container;
  if (kind === 'ephemeral' || resources === undefined) return {};
  const { limits, requests } = actuated ?? resources;
  return {
    ...(resources.requests === undefined ? {} : { allocatedResources: resources.requests }),
    resources: { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) },
  };
}

/** In the words of the API: `SIGRTMAX-1`. */
function stopSignalOf({ stopSignal }: ObservedContainer): Pick<ContainerStatus, 'stopSignal'> {
  if (stopSignal === undefined) return {};
  const name = stopSignal.replace('PLUS', '+').replace('MINUS', '-');
  return { stopSignal: name as ContainerStatus['stopSignal'] };
}

function mountsOf(
  { container }: PodContainer,
  latest?: ObservedContainer,
): { readonly volumeMounts?: readonly VolumeMountStatus[] } {
  if (!container.volumeMounts?.length) return {};
  const volumeMounts = container.volumeMounts.map(({ name, mountPath, readOnly, recursiveReadOnly }) => {
    if (readOnly !== true) return { name, mountPath };
    // What must be so is so in a container that runs; of what was only possible the runtime tells whether it came true.
    const isSeen = latest?.mounts.some((one) => one.containerPath === mountPath && one.recursiveReadOnly) === true;
    const isRecursive = recursiveReadOnly === 'Enabled' || (recursiveReadOnly === 'IfPossible' && isSeen);
    return { name, mountPath, readOnly, recursiveReadOnly: isRecursive ? 'Enabled' : 'Disabled' };
  });
  return { volumeMounts };
}
