import test from 'ava';
import type { Job, JobStatus } from '../../types/batch.v1.ts';
import { validateJobStatus } from './validate-job-status.ts';

const startTime = '2026-01-01T00:00:00Z';
const later = '2026-01-01T00:01:00Z';
const having = (...types: readonly string[]) => ({ conditions: types.map((type) => ({ type, status: 'True' })) });
const complete = { ...having('SuccessCriteriaMet', 'Complete'), completionTime: later };
const failedCondition = having('FailureTarget', 'Failed');

function jobWith(status: object, spec: object = {}): Job {
  return {
    metadata: { name: 'job' },
    spec: { completions: 3, parallelism: 2, template: {}, ...spec },
    status: { startTime, ...status } as JobStatus,
  } as unknown as Job;
}

const says = test.macro<[string, object, object, readonly string[], object?]>({
  title: (_title, what, _old, _next, fields) =>
    `validateJobStatus() ${fields.length === 0 ? 'lets pass' : 'refuses'} ${what}`,
  exec(t, _what, old, next, fields, spec) {
    const causes = validateJobStatus(jobWith(next, spec), jobWith(old, spec));
    t.deepEqual(
      causes.map(({ field }) => field),
      fields,
    );
  },
});

test(says, 'a status that stays', { failed: 1 }, { failed: 1 }, []);
test(says, 'another start time', {}, { startTime: later }, ['status.startTime']);
test(says, 'another start time while suspended', {}, { startTime: later }, [], { suspend: true });
test(says, 'an end', { succeeded: 2 }, { succeeded: 3, ...complete }, []);
test(says, 'an end that is taken back', complete, {}, ['status.conditions', 'status.conditions']);
test(says, 'an end without its time', {}, { conditions: complete.conditions }, ['status.completionTime']);
test(says, 'the time of an end without the end', {}, { completionTime: later }, ['status.completionTime']);
test(says, 'an end with running pods', {}, { ...failedCondition, active: 1 }, ['status.active']);
test(says, 'fewer failures than before', { failed: 2 }, { failed: 1 }, ['status.failed']);
test(says, 'fewer successes than before', { succeeded: 2 }, { succeeded: 1 }, ['status.succeeded']);
test(says, 'more ready than active pods', { active: 1 }, { active: 1, ready: 2 }, ['status.ready']);
test(says, 'indexes of a job that has none', {}, { completedIndexes: '0' }, ['status.completedIndexes']);
test(says, 'failed indexes without a limit for each', {}, { failedIndexes: '0' }, ['status.failedIndexes']);
test(says, 'an end before the start', {}, { ...complete, completionTime: '2025-01-01T00:00:00Z' }, [
  'status.completionTime',
]);

test(says, 'an end that nobody had in view', {}, { ...having('Complete'), completionTime: later }, [
  'status.conditions',
]);
test(says, 'a failure that nobody had in view', {}, having('Failed'), ['status.conditions']);
test(says, 'an end of pods that still go', {}, { ...failedCondition, terminating: 1 }, ['status.terminating']);
test(says, 'an end before all is counted', {}, { ...failedCondition, uncountedTerminatedPods: { failed: ['a'] } }, [
  'status.uncountedTerminatedPods',
]);
test(says, 'a count below zero', {}, { terminating: -1 }, ['status.terminating']);
test(says, 'a pod that waits twice', {}, { uncountedTerminatedPods: { succeeded: ['a', ''], failed: ['a'] } }, [
  'status.uncountedTerminatedPods.succeeded[1]',
  'status.uncountedTerminatedPods.failed[0]',
]);
const indexed = { completionMode: 'Indexed', backoffLimitPerIndex: 1 };
test(says, 'indexes', {}, { completedIndexes: '0,2', failedIndexes: '1' }, [], indexed);
test(says, 'indexes there are not', {}, { completedIndexes: '3' }, ['status.completedIndexes'], indexed);
test(says, 'failed indexes there are not', {}, { failedIndexes: 'x' }, ['status.failedIndexes'], indexed);
const overlap = { completedIndexes: '0-1', failedIndexes: '1' };
test(says, 'an index that did both', {}, overlap, ['status.failedIndexes'], indexed);
