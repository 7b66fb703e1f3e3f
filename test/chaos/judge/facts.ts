// What the rules ask of objects.
import type { KubeObject } from '#lib/api/resource.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';

/** How long whoever acts on a wish may go on with the one before, after it was heard of: its own view may be behind. */
export const graceMs = 10_000;

export function hasEnded({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed';
}

export function isLeaving({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Counts for a Deployment: terminating pods do not. */
export function isLive(pod: Pod): boolean {
  return !isLeaving(pod) && !hasEnded(pod);
}

export function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

export function isAvailable(pod: Pod): boolean {
  return pod.status.phase === 'Running' && isReady(pod) && !isLeaving(pod);
}

/** Somebody else than its owner sent it away: its node was lost. */
export function isDisrupted({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status: is }) => type === 'DisruptionTarget' && is === 'True') === true;
}

export function ownerOf({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
}

/** A number, or a part of `whole`. */
export function amountOf(value: number | string | undefined, whole: number, round: 'up' | 'down'): number {
  if (typeof value !== 'string') return value ?? 0;
  const part = (Number.parseInt(value, 10) * whole) / 100;
  return round === 'up' ? Math.ceil(part) : Math.floor(part);
}
