import { invalidHidden, invalidValue, required } from '../../field-errors.ts';
import type { Job } from '../../types/batch.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isSame } from '../equal.ts';
import { validateCounts as validateAmounts } from '../validate-counts.ts';
import { validateIndexes, validateUncounted } from './validate-job-indexes.ts';

/**
 * What may not be said of a Job after what was said of it before: whoever manages it, what ended has ended, and
 * counts do not go back.
 *
 * Only what changes is looked at, so that old objects can still be written. Rule: KEP-4368, "Job status validation".
 */
export function validateJobStatus(next: Job, old: Job): readonly StatusCause[] {
  return [
    ...validateAmounts(next.status, ['active', 'succeeded', 'failed', 'ready', 'terminating']),
    ...validateUncounted(next),
    ...validateConditions(next, old),
    ...validateCounts(next, old),
    ...validateIndexes(next, old),
    ...validateTimes(next, old),
  ];
}

const isTrue = ({ status }: Job, ...types: readonly string[]) =>
  (status?.conditions ?? []).some((is) => types.includes(is.type) && is.status === 'True');
const isFinished = (job: Job) => isTrue(job, 'Complete', 'Failed');

function validateConditions(next: Job, old: Job): StatusCause[] {
  const wrong = (detail: string) => invalidHidden('status.conditions', detail);
  const disabled = ['Failed', 'Complete', 'FailureTarget']
    .filter((type) => isTrue(old, type) && !isTrue(next, type))
    .map((type) => wrong(`cannot disable the terminal ${type}=True condition`));
  const turned = (...types: string[]) => types.some((type) => isTrue(next, type) !== isTrue(old, type));
  const causes = [...disabled];
  if (isTrue(old, 'SuccessCriteriaMet') && !isTrue(next, 'SuccessCriteriaMet')) {
    causes.push(wrong('cannot disable the SuccessCriteriaMet=True condition'));
  }
  for (const type of ['Failed', 'FailureTarget']) {
    if (turned('Complete', type) && isTrue(next, 'Complete') && isTrue(next, type)) {
      causes.push(wrong(`cannot set Complete=True and ${type}=true conditions`));
    }
    if (isTrue(next, 'SuccessCriteriaMet') && isTrue(next, type)) {
      causes.push(wrong(`cannot set SuccessCriteriaMet=True and ${type}=true conditions`));
    }
  }
  for (const [end, target] of [
    ['Failed', 'FailureTarget'],
    ['Complete', 'SuccessCriteriaMet'],
  ] as const) {
    if (turned(end, target) && isTrue(next, end) && !isTrue(next, target)) {
      causes.push(wrong(`cannot set ${end}=True condition without the ${target}=true condition`));
    }
  }
  const isLate = isTrue(old, 'Complete') && !isTrue(old, 'SuccessCriteriaMet') && isTrue(next, 'SuccessCriteriaMet');
  if (isLate) causes.push(wrong('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'));
  if (next.spec?.successPolicy !== undefined && isTrue(next, 'Complete') && !isTrue(next, 'SuccessCriteriaMet')) {
    causes.push(wrong('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'));
  }
  return causes;
}

function validateCounts(next: Job, old: Job): StatusCause[] {
  const { active = 0, ready = 0, failed = 0, succeeded = 0 } = next.status ?? {};
  const causes: StatusCause[] = [];
  const { completionMode, completions, parallelism } = next.spec ?? {};
  const isElastic = completionMode === 'Indexed' && completions === parallelism;
  if (failed < (old.status?.failed ?? 0)) {
    causes.push(invalidValue('status.failed', failed, 'cannot decrease the failed counter'));
  }
  if (!isElastic && succeeded < (old.status?.succeeded ?? 0)) {
    causes.push(invalidValue('status.succeeded', succeeded, 'cannot decrease the succeeded counter'));
  }
  if (ready > active && (ready !== old.status?.ready || active !== old.status?.active)) {
    causes.push(invalidValue('status.ready', ready, 'cannot set more ready pods than active'));
  }
  if (isFinished(next) && active > 0 && (!isFinished(old) || active !== old.status?.active)) {
    causes.push(invalidValue('status.active', active, 'active>0 is invalid for finished job'));
  }
  const isNewlyFinished = isFinished(next) && !isFinished(old);
  const { terminating = 0, uncountedTerminatedPods: uncounted } = next.status ?? {};
  if (isFinished(next) && terminating > 0 && (isNewlyFinished || terminating !== old.status?.terminating)) {
    causes.push(invalidValue('status.terminating', terminating, 'terminating>0 is invalid for finished job'));
  }
  const waiting = (uncounted?.failed ?? []).length + (uncounted?.succeeded ?? []).length;
  const isNews = isNewlyFinished || !isSame(uncounted, old.status?.uncountedTerminatedPods);
  if (isFinished(next) && waiting > 0 && isNews) {
    const why = 'uncountedTerminatedPods needs to be empty for finished job';
    causes.push(invalidValue('status.uncountedTerminatedPods', uncounted, why));
  }
  return causes;
}

function validateTimes(next: Job, old: Job): StatusCause[] {
  const { startTime, completionTime } = next.status ?? {};
  const before = old.status;
  const isStartChanged = !isSame(startTime, before?.startTime);
  const isCompletionChanged = !isSame(completionTime, before?.completionTime);
  const isCompleteChanged = isTrue(next, 'Complete') !== isTrue(old, 'Complete');
  const causes: StatusCause[] = [];
  if (before?.startTime !== undefined && isStartChanged && !next.spec?.suspend) {
    causes.push(required('status.startTime', 'startTime cannot be removed for unsuspended job'));
  }
  if (isFinished(next) && startTime === undefined && (isStartChanged || !isFinished(old))) {
    causes.push(required('status.startTime', 'startTime is required for finished job'));
  }
  if (completionTime !== undefined && before?.completionTime !== undefined && isCompletionChanged) {
    causes.push(invalidValue('status.completionTime', completionTime, 'completionTime cannot be mutated'));
  }
  if ((isCompleteChanged || isCompletionChanged) && isTrue(next, 'Complete') !== (completionTime !== undefined)) {
    causes.push(
      isTrue(next, 'Complete')
        ? required('status.completionTime', 'completionTime is required for Complete jobs')
        : invalidValue(
            'status.completionTime',
            completionTime,
            'cannot set completionTime when there is no Complete=True condition',
          ),
    );
  }
  const isBackwards = startTime !== undefined && completionTime !== undefined && completionTime < startTime;
  if (isBackwards && (isStartChanged || isCompletionChanged)) {
    causes.push(invalidValue('status.completionTime', completionTime, 'completionTime cannot be set before startTime'));
  }
  return causes;
}
