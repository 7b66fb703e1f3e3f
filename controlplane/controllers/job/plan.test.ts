import test from 'ava';
import type { Job } from '#lib/api/types/batch.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { formatIndexes, parseIndexes } from './indexes.ts';
import { planJob } from './plan.ts';
import { finalizer, indexName } from './pods.ts';

const nowMs = Date.UTC(2026, 0, 1, 12);

function job(spec: object = {}, status: object = {}): Job {
  return {
    metadata: { name: 'j', namespace: 'n', uid: 'job' },
    spec: {
      parallelism: 2,
      completions: 3,
      backoffLimit: 6,
      template: { metadata: {}, spec: { restartPolicy: 'Never', containers: [{ name: 'c' }] } },
      ...spec,
    },
    status: { startTime: '2026-01-01T11:00:00Z', ...status },
  } as unknown as Job;
}

function pod(
  uid: string,
  phase: string,
  more: {
    readonly index?: number;
    readonly isReleased?: boolean;
    readonly deleted?: boolean;
    readonly exitCode?: number;
  } = {},
): Pod {
  return {
    metadata: {
      name: uid,
      namespace: 'n',
      uid,
      finalizers: more.isReleased ? [] : [finalizer],
      ...(more.index === undefined ? {} : { annotations: { [indexName]: String(more.index) } }),
      ...(more.deleted ? { deletionTimestamp: '2026-01-01T11:59:59Z' } : {}),
    },
    spec: { nodeName: 'a' },
    status: {
      phase,
      containerStatuses: [
        {
          name: 'c',
          state:
            phase === 'Failed'
              ? { terminated: { exitCode: more.exitCode ?? 1, finishedAt: '2026-01-01T11:00:00Z' } }
              : {},
        },
      ],
    },
  } as unknown as Pod;
}

const plan = (of: Job, pods: readonly Pod[]) => planJob({ job: of, pods, mayManage: true, nowMs });
const conditions = (of: Job, pods: readonly Pod[]) =>
  (plan(of, pods).status.conditions ?? []).map(({ type, reason }) => `${type}/${reason}`);

test('planJob() starts as many pods as may run at once', (t) => {
  t.is(plan(job(), []).createPods.length, 2);
});

test('planJob() starts no more than are still wanted', (t) => {
  t.is(plan(job({}, { succeeded: 2 }), []).createPods.length, 1);
});

test('planJob() takes surplus pods away', (t) => {
  t.is(plan(job({ parallelism: 1 }), [pod('a', 'Running'), pod('b', 'Running')]).deletePods.length, 1);
});

test('planJob() notes a pod that succeeded before it lets it go, and counts it once', (t) => {
  const first = plan(job(), [pod('a', 'Succeeded')]);
  t.deepEqual(first.status.uncountedTerminatedPods, { succeeded: ['a'] });
  t.is(first.status.succeeded, 0);
  t.deepEqual(first.releasePods, []);
  const noted = job({}, { uncountedTerminatedPods: { succeeded: ['a'] } });
  t.is(plan(noted, [pod('a', 'Succeeded')]).releasePods.length, 1);
  const last = plan(noted, [pod('a', 'Succeeded', { isReleased: true })]);
  t.is(last.status.succeeded, 1);
  t.deepEqual(last.status.uncountedTerminatedPods, {});
});

test('planJob() completes when all is counted', (t) => {
  t.deepEqual(conditions(job({}, { succeeded: 2, uncountedTerminatedPods: { succeeded: ['a'] } }), []), [
    'SuccessCriteriaMet/CompletionsReached',
    'Complete/CompletionsReached',
  ]);
  t.deepEqual(conditions(job({}, { succeeded: 2 }), [pod('a', 'Succeeded')]), [
    'SuccessCriteriaMet/CompletionsReached',
  ]);
});

test('planJob() fails beyond the back-off limit, after its pods have gone', (t) => {
  const failing = job({ backoffLimit: 0 }, { failed: 1 });
  const running = plan(failing, [pod('a', 'Running')]);
  t.is(running.deletePods.length, 1);
  t.true(running.isOver);
  t.deepEqual(conditions(failing, [pod('a', 'Running')]), ['FailureTarget/BackoffLimitExceeded']);
  t.deepEqual(conditions(failing, []), ['FailureTarget/BackoffLimitExceeded', 'Failed/BackoffLimitExceeded']);
});

test('planJob() fails at its deadline', (t) => {
  t.deepEqual(conditions(job({ activeDeadlineSeconds: 60 }), []).at(-1), 'Failed/DeadlineExceeded');
  t.is(plan(job({ activeDeadlineSeconds: 3660 }), []).againMs, 60_000);
});

test('planJob() suspends and resumes', (t) => {
  const suspended = plan(job({ suspend: true }), [pod('a', 'Running')]);
  t.is(suspended.deletePods.length, 1);
  t.false(suspended.isOver);
  t.is(suspended.status.startTime, undefined);
  t.is(suspended.events[0]?.reason, 'Suspended');
  t.is(plan(job({}, { conditions: suspended.status.conditions }), []).events[0]?.reason, 'Resumed');
});

test('planJob() pauses after a failure', (t) => {
  const recent = pod('a', 'Failed');
  const late = planJob({ job: job(), pods: [recent], mayManage: true, nowMs: Date.UTC(2026, 0, 1, 11, 0, 4) });
  t.is(late.createPods.length, 0);
  t.is(late.againMs, 6_000);
});

test('planJob() gives each index a pod, and none twice', (t) => {
  const indexed = job({ completionMode: 'Indexed', parallelism: 3 });
  t.deepEqual(
    plan(indexed, []).createPods.map(({ index }) => index),
    [0, 1, 2],
  );
  const half = plan(indexed, [pod('a', 'Succeeded', { index: 1 }), pod('b', 'Running', { index: 0 })]);
  t.deepEqual(
    half.createPods.map(({ index }) => index),
    [2],
  );
  t.is(half.status.completedIndexes, '1');
  t.is(half.status.succeeded, 1);
});

test('planJob() limits failures of each index', (t) => {
  const limited = job({ completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 0, backoffLimit: undefined });
  const one = plan(limited, [pod('a', 'Failed', { index: 0 })]);
  t.is(one.status.failedIndexes, '0');
  const over = conditions(limited, [
    pod('a', 'Failed', { index: 0, isReleased: true }),
    pod('b', 'Succeeded', { index: 1 }),
  ]);
  t.deepEqual(over, []); // what was released was counted in the status before
  const last = job({ ...limited.spec }, { failedIndexes: '0', failed: 1 });
  t.deepEqual(conditions(last, [pod('b', 'Succeeded', { index: 1, isReleased: true })]), []);
  t.deepEqual(conditions(last, [pod('b', 'Succeeded', { index: 1 })]), [
    'FailureTarget/FailedIndexes',
    'Failed/FailedIndexes',
  ]);
});

test('planJob() lets each index pause for itself, where each is limited', (t) => {
  const limited = job({ completionMode: 'Indexed', parallelism: 3, completions: 4, backoffLimitPerIndex: 5 });
  const failed = (uid: string, index: number, before: object) => {
    const made = pod(uid, 'Failed', { index });
    return { ...made, metadata: { ...made.metadata, annotations: { ...made.metadata.annotations, ...before } } };
  };
  const pods = [
    failed('a', 0, { 'batch.kubernetes.io/job-index-failure-count': '0' }),
    failed('b', 0, { 'batch.kubernetes.io/job-index-failure-count': '1' }), // its second: 20 s from 11:00
    failed('c', 1, {}), // 10 s
  ];
  const at = (seconds: number) =>
    planJob({ job: limited, pods, mayManage: true, nowMs: Date.UTC(2026, 0, 1, 11, 0, seconds) });
  const after = at(4);
  t.deepEqual(after.createPods, [{ index: 2, failures: 0 }]);
  t.is(after.againMs, 6_000);
  t.deepEqual(at(12).createPods, [
    { index: 1, failures: 1 },
    { index: 2, failures: 0 },
  ]);
  t.deepEqual(at(20).createPods[0], { index: 0, failures: 2 });
});

test('planJob() holds the failed pod that bears the numbers of its index until it has a successor', (t) => {
  const spec = { completionMode: 'Indexed', parallelism: 1, completions: 2, backoffLimitPerIndex: 5 };
  const noted = (uids: readonly string[]) => job(spec, { uncountedTerminatedPods: { failed: uids } });
  const released = (of: Job, pods: readonly Pod[]) => plan(of, pods).releasePods.map(({ metadata }) => metadata.uid);
  const failed = (uid: string, before: number) => {
    const made = pod(uid, 'Failed', { index: 0 });
    const count = { 'batch.kubernetes.io/job-index-failure-count': String(before) };
    return { ...made, metadata: { ...made.metadata, annotations: { ...made.metadata.annotations, ...count } } };
  };
  t.deepEqual(released(noted(['a']), [failed('a', 0)]), []);
  t.deepEqual(released(noted(['a']), [failed('a', 0), pod('b', 'Running', { index: 0 })]), ['a']);
  t.deepEqual(released(noted(['a', 'b']), [failed('b', 1), failed('a', 0)]), ['a']);
  const over = job({ ...spec, backoffLimitPerIndex: 0 }, { ...noted(['a']).status, failedIndexes: '0' });
  t.deepEqual(released(over, [failed('a', 0)]), ['a']);
  t.deepEqual(released(job({ ...spec, backoffLimitPerIndex: undefined }, noted(['a']).status), [failed('a', 0)]), [
    'a',
  ]);
});

test('planJob() does not count against an index what its failure policy ignores', (t) => {
  const rules = [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [42] } }];
  const limited = job({
    completionMode: 'Indexed',
    parallelism: 1,
    backoffLimitPerIndex: 0,
    podFailurePolicy: { rules },
  });
  const { createPods, status } = plan(limited, [pod('a', 'Failed', { index: 0, exitCode: 42 })]);
  t.deepEqual(createPods, [{ index: 0, failures: 0, ignored: 1 }]);
  t.is(status.failedIndexes, '');
});

test('planJob() obeys the failure policy', (t) => {
  const policy = (action: string) =>
    job({ podFailurePolicy: { rules: [{ action, onExitCodes: { operator: 'In', values: [42] } }] } });
  t.is(conditions(policy('FailJob'), [pod('a', 'Failed', { exitCode: 42 })])[0], 'FailureTarget/PodFailurePolicy');
  t.deepEqual(plan(policy('Ignore'), [pod('a', 'Failed', { exitCode: 42 })]).status.uncountedTerminatedPods, {});
  t.deepEqual(plan(policy('Ignore'), [pod('a', 'Failed', { exitCode: 41 })]).status.uncountedTerminatedPods, {
    failed: ['a'],
  });
});

test('planJob() replaces a pod on its way out at once, or when it has failed, as it is told', (t) => {
  const pods = [pod('a', 'Running', { deleted: true }), pod('b', 'Running')];
  t.is(planJob({ job: job(), pods, mayManage: true, nowMs: nowMs + 60_000 }).createPods.length, 1);
  const patient = plan(job({ podReplacementPolicy: 'Failed' }), pods);
  t.is(patient.createPods.length, 0);
  t.like(patient.status, { active: 1, terminating: 1, failed: 0 });
  t.deepEqual(patient.status.uncountedTerminatedPods, {});
  // A failure policy wants to see how pods end, too.
  const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }];
  t.is(plan(job({ podFailurePolicy: { rules } }), pods).createPods.length, 0);
});

test('planJob() fails an index at once where the failure policy says so', (t) => {
  const rules = [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [42] } }];
  const spec = { completionMode: 'Indexed', backoffLimitPerIndex: 5, podFailurePolicy: { rules } };
  t.is(plan(job(spec), [pod('a', 'Failed', { index: 1, exitCode: 42 })]).status.failedIndexes, '1');
  t.is(plan(job(spec), [pod('a', 'Failed', { index: 1, exitCode: 41 })]).status.failedIndexes, '');
});

test('planJob() fails when too many indexes have', (t) => {
  const limited = job({ completionMode: 'Indexed', backoffLimitPerIndex: 0, maxFailedIndexes: 1, completions: 9 });
  const failed = (index: number) => pod(`f${index}`, 'Failed', { index });
  t.deepEqual(conditions(limited, [failed(0)]), []);
  t.deepEqual(conditions(limited, [failed(0), failed(1)]), ['FailureTarget/MaxFailedIndexesExceeded']);
});

test('planJob() counts restarts in place against its limit', (t) => {
  const template = { metadata: {}, spec: { restartPolicy: 'OnFailure', containers: [{ name: 'c' }] } };
  const restarted = (restartCount: number) => {
    const one = pod('a', 'Running');
    return { ...one, status: { ...one.status, containerStatuses: [{ name: 'c', restartCount }] } } as unknown as Pod;
  };
  const limited = (backoffLimit: number) => job({ template, backoffLimit });
  t.deepEqual(conditions(limited(3), [restarted(2)]), []);
  t.deepEqual(conditions(limited(3), [restarted(3)]), ['FailureTarget/BackoffLimitExceeded']);
  t.deepEqual(conditions(limited(0), [restarted(0)]), []);
  t.deepEqual(conditions(limited(0), [restarted(1)]), ['FailureTarget/BackoffLimitExceeded']);
});

test('planJob() obeys the success policy', (t) => {
  const several = job({
    completionMode: 'Indexed',
    completions: 5,
    successPolicy: { rules: [{ succeededIndexes: '0-2', succeededCount: 2 }] },
  });
  const done = (index: number) => pod(`s${index}`, 'Succeeded', { index });
  t.deepEqual(conditions(several, [done(0), done(4)]), []);
  t.is(conditions(several, [done(0), done(2)])[0], 'SuccessCriteriaMet/SuccessPolicy');

  const early = job({ completionMode: 'Indexed', successPolicy: { rules: [{ succeededIndexes: '0' }] } });
  t.deepEqual(conditions(early, [pod('a', 'Succeeded', { index: 0 })])[0], 'SuccessCriteriaMet/SuccessPolicy');
  t.deepEqual(conditions(early, [pod('a', 'Succeeded', { index: 1 })]), []);
});

test('indexes are written as ranges and read back', (t) => {
  t.is(formatIndexes([5, 1, 2, 3, 7, 8]), '1-3,5,7,8');
  t.deepEqual([...parseIndexes('1-3,5,7', 6)], [1, 2, 3, 5]);
  t.is(formatIndexes(parseIndexes('', 9)), '');
});
