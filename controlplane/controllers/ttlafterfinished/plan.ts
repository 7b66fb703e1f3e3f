import type { Job } from '#lib/api/types/batch.v1.ts';

/** Milliseconds until `job` is to be deleted, 0 if it is time; undefined if it runs, or may stay. */
export function expiresInMs({ metadata, spec, status }: Job, nowMs: number): number | undefined {
  if (metadata.deletionTimestamp !== undefined) return undefined;
  const dueMs = dueAtMs({ spec, status });
  return dueMs === undefined ? undefined : Math.max(0, dueMs - nowMs);
}

/** Milliseconds since it is time to delete `job`. */
export function overdueMs(job: Job, nowMs: number): number {
  return Math.max(0, nowMs - (dueAtMs(job) ?? nowMs));
}

function dueAtMs({ spec, status }: Pick<Job, 'spec' | 'status'>): number | undefined {
  const ttlSeconds = spec?.ttlSecondsAfterFinished;
  if (ttlSeconds === undefined) return undefined;
  const end = status?.conditions?.find(
    ({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True',
  );
  if (end?.lastTransitionTime === undefined) return undefined;
  return Date.parse(end.lastTransitionTime) + ttlSeconds * 1000;
}
