import type { Job } from '#lib/api/types/batch.v1.ts';

/** Milliseconds until `job` is to be deleted, 0 if it is time; undefined if it runs, or may stay. */
export function expiresInMs({ metadata, spec, status }: Job, nowMs: number): number | undefined {
  const ttlSeconds = spec?.ttlSecondsAfterFinished;
  if (ttlSeconds === undefined || metadata.deletionTimestamp !== undefined) return undefined;
  const end = status?.conditions?.find(
    ({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True',
  );
  if (end?.lastTransitionTime === undefined) return undefined;
  return Math.max(0, Date.parse(end.lastTransitionTime) + ttlSeconds * 1000 - nowMs);
}
