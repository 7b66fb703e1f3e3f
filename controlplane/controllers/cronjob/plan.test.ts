import test from 'ava';
import type { CronJob, CronJobSpec, Job } from '#lib/api/types/batch.v1.ts';
import { planCronJob, referenceOf } from './plan.ts';
import { missedBetween, parseSchedule } from './schedule.ts';

const nowMs = Date.UTC(2026, 0, 1, 12, 0, 30);
const at = (ms: number) => new Date(ms).toISOString();

test('planCronJob() starts what has come due, named after its minute', (t) => {
  const { start, againMs } = planCronJob({ cronJob: cronJob({}), jobs: [], nowMs });
  t.deepEqual(start, {
    name: `tick-${Date.UTC(2026, 0, 1, 12, 0) / 60_000}`,
    scheduledMs: Date.UTC(2026, 0, 1, 12, 0),
  });
  t.is(againMs, 30_100);
});

test('planCronJob() starts nothing twice', (t) => {
  const done = cronJob({}, { lastScheduleTime: at(Date.UTC(2026, 0, 1, 12, 0)) });
  t.is(planCronJob({ cronJob: done, jobs: [], nowMs }).start, undefined);
  const seen = job(`tick-${Date.UTC(2026, 0, 1, 12, 0) / 60_000}`);
  t.is(planCronJob({ cronJob: cronJob({}), jobs: [seen], nowMs }).start, undefined);
});

test('planCronJob() starts nothing while suspended, or too late', (t) => {
  t.is(planCronJob({ cronJob: cronJob({ suspend: true }), jobs: [], nowMs }).start, undefined);
  const late = cronJob({ startingDeadlineSeconds: 10 });
  t.is(planCronJob({ cronJob: late, jobs: [], nowMs }).start, undefined);
});

test('planCronJob() obeys the concurrency policy', (t) => {
  const running = job('tick-1');
  const status = { active: [referenceOf(running)] };
  const forbidden = planCronJob({ cronJob: cronJob({ concurrencyPolicy: 'Forbid' }, status), jobs: [running], nowMs });
  t.is(forbidden.start, undefined);
  t.is(forbidden.events[0]?.reason, 'JobAlreadyActive');
  const replaced = planCronJob({ cronJob: cronJob({ concurrencyPolicy: 'Replace' }, status), jobs: [running], nowMs });
  t.deepEqual([replaced.remove, replaced.status.active], [[running], []]);
  t.truthy(planCronJob({ cronJob: cronJob({}, status), jobs: [running], nowMs }).start);
});

test('planCronJob() follows its Jobs and keeps a history', (t) => {
  const ended = Array.from({ length: 5 }, (_, i) => job(`tick-${i}`, 'Complete', nowMs - 60_000 * (9 - i)));
  const status = { active: ended.map(referenceOf) };
  const plan = planCronJob({ cronJob: cronJob({ suspend: true }, status), jobs: ended, nowMs });
  t.deepEqual(
    plan.remove.map(({ metadata }) => metadata.name),
    ['tick-0', 'tick-1'],
  );
  t.deepEqual(plan.status.active, []);
  t.is(plan.status.lastSuccessfulTime, at(nowMs - 60_000 * 5));
  t.is(plan.events.filter(({ reason }) => reason === 'SawCompletedJob').length, 5);
});

test('planCronJob() says what is wrong with a schedule', (t) => {
  const { events, start } = planCronJob({ cronJob: cronJob({ schedule: 'never' }), jobs: [], nowMs });
  t.is(start, undefined);
  t.is(events[0]?.reason, 'UnparseableSchedule');
});

test('missedBetween() finds the newest of many', (t) => {
  const schedule = parseSchedule('* * * * *', undefined);
  const missed = missedBetween(schedule, Date.UTC(2020, 0), nowMs);
  t.deepEqual(missed, { newestMs: Date.UTC(2026, 0, 1, 12, 0), count: 'many' });
});

test('parseSchedule() knows time zones, names and periods', (t) => {
  const morning = parseSchedule('0 9 * * *', 'Europe/Berlin').next(Date.UTC(2026, 6, 1));
  t.is(morning, Date.UTC(2026, 6, 1, 7));
  t.is(parseSchedule('@hourly', undefined).next(Date.UTC(2026, 0, 1, 0, 30)), Date.UTC(2026, 0, 1, 1));
  t.is(parseSchedule('@every 1h30m', undefined).next(0), 5_400_000);
  t.throws(() => parseSchedule('@every soon', undefined), { instanceOf: RangeError });
});

const comes = test.macro<[string, string]>({
  title: (_title, text, expected) => `parseSchedule() of ${text} comes first at ${expected}`,
  exec(t, text, expected) {
    const ms = parseSchedule(text, undefined).next(Date.UTC(2026, 0, 1, 12, 7));
    t.is(new Date(ms!).toISOString().slice(0, 16), expected);
  },
});
test(comes, '5/15 * * * *', '2026-01-01T12:20'); // 5, 20, 35, 50
test(comes, '5/15,8 * * * *', '2026-01-01T12:08');
test(comes, '*/70 * * * *', '2026-01-01T13:00');
test(comes, '10-12/5 * * * *', '2026-01-01T12:10');
test(comes, '0 0 20/5 * *', '2026-01-20T00:00');
test(comes, '0 0 ? * 6', '2026-01-03T00:00');
test(comes, '0 0 */1 * 6', '2026-01-03T00:00');
test(comes, '0 0 13 * 6', '2026-01-03T00:00'); // either of both

test('planCronJob() says why nothing is started', (t) => {
  const reasons = (spec: Partial<CronJobSpec>, status = {}) =>
    planCronJob({ cronJob: cronJob(spec, status), jobs: [], nowMs }).events.map(({ reason }) => reason);
  t.deepEqual(reasons({ timeZone: 'Mars/Olympus', suspend: true }), ['UnknownTimeZone']);
  t.deepEqual(reasons({ timeZone: '+01:00' }), ['UnknownTimeZone']);
  t.deepEqual(reasons({ schedule: '0 0 30 2 *' }), ['InvalidSchedule']);
  t.deepEqual(reasons({ schedule: 'TZ=Europe/Berlin 0 0 1 1 *' }), ['UnsupportedSchedule']);
  t.deepEqual(reasons({ startingDeadlineSeconds: 10 }), []);
  t.deepEqual(reasons({ suspend: true }, { active: [referenceOf(job('tick-1'))] }), ['MissingJob']);
});

function cronJob(spec: Partial<CronJobSpec>, status: CronJob['status'] = {}): CronJob {
  return {
    metadata: { name: 'tick', namespace: 'default', uid: 'c', creationTimestamp: at(nowMs - 90_000) },
    spec: { schedule: '* * * * *', ...spec },
    status,
  };
}

function job(name: string, end?: string, endMs = nowMs): Job {
  return {
    metadata: { name, namespace: 'default', uid: name, creationTimestamp: at(endMs - 1000) },
    spec: { template: { metadata: { name: '' }, spec: { containers: [] } } },
    status:
      end === undefined
        ? {}
        : { conditions: [{ type: end, status: 'True' }], startTime: at(endMs - 1000), completionTime: at(endMs) },
  };
}
