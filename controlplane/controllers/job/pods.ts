import type { Job } from '#lib/api/types/batch.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';

export const finalizer = 'batch.kubernetes.io/job-tracking';
export const indexName = 'batch.kubernetes.io/job-completion-index';
export const failureCountName = 'batch.kubernetes.io/job-index-failure-count';
export const ignoredCountName = 'batch.kubernetes.io/job-index-ignored-failure-count';

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === 'Indexed';
}

/** Undefined for a pod without a proper index. */
export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[indexName];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

export function hasFinalizer({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(finalizer) ?? false;
}

export function isSucceeded({ status }: Pod): boolean {
  return status.phase === 'Succeeded';
}

/** A pod on its way out counts as failed at once, unless the Job wants to see the end of it before it is replaced. */
export function isFailed({ metadata, status }: Pod, { spec }: Job): boolean {
  if (status.phase === 'Failed') return true;
  if (status.phase === 'Succeeded' || metadata.deletionTimestamp === undefined) return false;
  return replacement(spec) === 'TerminatingOrFailed';
}

export function replacement(spec: Job['spec']): string {
  return spec.podReplacementPolicy ?? (spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed');
}

export function isActive({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && status.phase !== 'Succeeded' && status.phase !== 'Failed';
}

export function isTerminating({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined && status.phase !== 'Succeeded' && status.phase !== 'Failed';
}

/** How often its index had failed before this pod was made. */
export function failuresBefore({ metadata }: Pod): number {
  return Number(metadata.annotations?.[failureCountName] ?? 0) || 0;
}

/** How often before this pod was made a failure of its index did not count, by the failure policy. */
export function ignoredBefore({ metadata }: Pod): number {
  return Number(metadata.annotations?.[ignoredCountName] ?? 0) || 0;
}

/** When the last of its containers ended; the time of its deletion, or now, where none says so. */
export function finishedAtMs(pod: Pod, nowMs: number): number {
  const ends = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])]
    .map(({ state }) => state?.terminated?.finishedAt)
    .filter((at) => at !== undefined && at !== null)
    .map((at) => Date.parse(at));
  if (ends.length > 0) return Math.max(...ends);
  return pod.metadata.deletionTimestamp === undefined ? nowMs : Date.parse(pod.metadata.deletionTimestamp);
}
