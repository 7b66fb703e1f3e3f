// What a Job's status may say of its indexes and of the pods it has not counted yet. Pure. Rule: KEP-4368, "Job status
// validation": what does not change is not looked at.
import { at, duplicate, invalidValue } from '../../field-errors.ts';
import type { Job } from '../../types/batch.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { countIndexes, sharedIndex } from './job-indexes.ts';

export function validateIndexes({ spec, status }: Job, old: Job): StatusCause[] {
  const { completedIndexes: done = '', failedIndexes: failed } = status ?? {};
  const isDoneNew = done !== (old.status?.completedIndexes ?? '');
  const isFailedNew = failed !== old.status?.failedIndexes;
  const completions = spec?.completions;
  const causes: StatusCause[] = [];
  const check = (field: 'completedIndexes' | 'failedIndexes', text: string) => {
    const count = completions === undefined ? 0 : countIndexes(text, completions);
    if (typeof count === 'number') return;
    causes.push(invalidValue(`status.${field}`, text, `error parsing ${field}: ${count}`));
  };
  if (isDoneNew) check('completedIndexes', done);
  if (isFailedNew && spec?.backoffLimitPerIndex !== undefined) check('failedIndexes', failed ?? '');
  if (isDoneNew && done !== '' && spec?.completionMode !== 'Indexed') {
    const why = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    causes.push(invalidValue('status.completedIndexes', done, why));
  }
  if (isFailedNew && failed !== undefined && spec?.backoffLimitPerIndex === undefined) {
    const why = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    causes.push(invalidValue('status.failedIndexes', failed, why));
  }
  if (!(isDoneNew || isFailedNew) || completions === undefined || failed === undefined) return causes;
  const both = sharedIndex(done, failed, completions);
  if (both === undefined) return causes;
  const why = `failedIndexes and completedIndexes overlap at index: ${both}`;
  return [...causes, invalidValue('status.failedIndexes', failed, why)];
}

/** Each pod waits once. */
export function validateUncounted({ status }: Job): StatusCause[] {
  const seen = new Set<string>();
  return (['succeeded', 'failed'] as const).flatMap((name) =>
    (status?.uncountedTerminatedPods?.[name] ?? []).flatMap((uid, index) => {
      const field = at(`status.uncountedTerminatedPods.${name}`, index);
      if (uid === '') return [invalidValue(field, uid, 'must not be empty')];
      if (seen.has(uid)) return [duplicate(field, uid)];
      seen.add(uid);
      return [];
    }),
  );
}
