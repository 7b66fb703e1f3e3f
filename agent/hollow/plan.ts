import type { Pod, PodStatus } from '#lib/api/types/core.v1.ts';

/** Seconds that a hollow pod runs before it ends; without it, for ever. */
export const runSeconds = 'hollow.skiff/run-seconds';
/** What it ends with; 0 unless told. */
export const exitCode = 'hollow.skiff/exit-code';

export type HollowStep =
  | { readonly do: 'report'; readonly status: Partial<PodStatus> }
  | { readonly do: 'remove' }
  | { readonly do: 'wait'; readonly ms: number };

export interface HollowFacts {
  readonly nowMs: number;
  readonly hostIp: string;
  readonly podIp: string;
}

/** What is next for a pod that nothing runs for: it is called running at once, and ended when its time has come. */
export function planHollowPod(pod: Pod, facts: HollowFacts): HollowStep | undefined {
  const { metadata, status, spec } = pod;
  const hasEnded = status.phase === 'Succeeded' || status.phase === 'Failed';
  if (metadata.deletionTimestamp !== undefined) {
    const isWatched = (metadata.finalizers ?? []).length > 0 || spec.restartPolicy !== 'Always';
    if (isWatched && !hasEnded) return { do: 'report', status: ended(pod, facts, 143) }; // whoever counts it sees how it ended
    return { do: 'remove' };
  }
  if (hasEnded) return undefined;
  if (status.phase !== 'Running') return { do: 'report', status: running(pod, facts) };
  const seconds = Number(metadata.annotations?.[runSeconds]);
  if (Number.isNaN(seconds)) return undefined;
  const leftMs = Date.parse(status.startTime ?? '') + seconds * 1000 - facts.nowMs;
  if (leftMs > 0) return { do: 'wait', ms: leftMs };
  return { do: 'report', status: ended(pod, facts, Number(metadata.annotations?.[exitCode] ?? 0)) };
}

function running(pod: Pod, { nowMs, hostIp, podIp }: HollowFacts): Partial<PodStatus> {
  const startedAt = timeOf(nowMs);
  return {
    phase: 'Running',
    startTime: startedAt,
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    podIP: podIp,
    podIPs: [{ ip: podIp }],
    qosClass: pod.status.qosClass,
    conditions: conditions(startedAt, ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady'], []),
    containerStatuses: containers(pod, { running: { startedAt } }, true),
  };
}

function ended(pod: Pod, { nowMs }: HollowFacts, code: number): Partial<PodStatus> {
  const finishedAt = timeOf(nowMs);
  const terminated = {
    exitCode: code,
    reason: code === 0 ? 'Completed' : 'Error',
    startedAt: pod.status.startTime ?? finishedAt,
    finishedAt,
  };
  return {
    phase: code === 0 ? 'Succeeded' : 'Failed',
    startTime: pod.status.startTime ?? finishedAt,
    conditions: conditions(finishedAt, [], ['Ready', 'ContainersReady']),
    containerStatuses: containers(pod, { terminated }, false),
  };
}

function conditions(time: string, yes: readonly string[], no: readonly string[]) {
  const say = (status: 'True' | 'False') => (type: string) => ({ type, status, lastTransitionTime: time });
  return [...yes.map(say('True')), ...no.map(say('False'))];
}

function containers({ spec }: Pod, state: object, isReady: boolean) {
  return (spec.containers ?? []).map(({ name, image = '' }) => {
    return { name, image, imageID: '', restartCount: 0, ready: isReady, started: isReady, state };
  });
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '');
}
