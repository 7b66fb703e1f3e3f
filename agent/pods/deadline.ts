import type { Pod } from '#lib/api/types/core.v1.ts';
import type { PodRecord } from './pod-record.ts';

/** When the pod has run as long as it may. Rule: `activeDeadlineSeconds`, counted from the pod's startTime. */
export function deadlineOf({ pod, seenAtMs }: PodRecord): number | undefined {
  const { activeDeadlineSeconds: seconds } = pod.spec;
  if (seconds === undefined) return undefined;
  const { startTime } = pod.status;
  return (startTime === undefined ? seenAtMs : Date.parse(startTime)) + seconds * 1000;
}

/** `undefined` if none of them is known. */
export function soonest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.max(0, Math.min(...known));
}

export function graceOf({ spec }: Pod): number {
  return spec.terminationGracePeriodSeconds ?? 30;
}
