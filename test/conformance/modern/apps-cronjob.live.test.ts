// When a CronJob makes Jobs, and how many of them run side by side.
import { cronJobs, jobs } from '#lib/api/resources.ts';
import type { CronJob, CronJobSpec, JobTemplateSpec } from '#lib/api/types/batch.v1.ts';
import { eventually } from '../../live/cluster.ts';
import { supportsOperations } from './support/api-operations.ts';
import { shell } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';

const everyMinute = '*/1 * * * *';

function cronSpec(rest: Partial<CronJobSpec> = {}, script = 'sleep 300'): CronJobSpec {
  const podSpec = { restartPolicy: 'OnFailure', terminationGracePeriodSeconds: 1, containers: [shell(script)] };
  return {
    schedule: everyMinute,
    concurrencyPolicy: 'Allow',
    jobTemplate: {
      spec: { parallelism: 1, completions: 1, template: { spec: podSpec } },
    } as unknown as JobTemplateSpec,
    ...rest,
  };
}

const create = (c: Case, rest: Partial<CronJobSpec>, script?: string) =>
  c.create(cronJobs, { metadata: { name: 'cron' }, spec: cronSpec(rest, script) });

async function jobsOf(c: Case) {
  return (await c.client.list(jobs, { namespace: c.namespace }, c.signal)).items;
}

const when = (c: Case, what: string, is: (cron: CronJob) => boolean) => c.when(cronJobs, 'cron', what, is, 160_000);
const active = ({ status }: CronJob) => status?.active ?? [];

/** Through at least one full minute, in which another Job might have been made. */
const pastNextMinute = () => new Promise((resolve) => setTimeout(resolve, 63_000 - (Date.now() % 1000)));

spec('[sig-apps] CronJob should schedule multiple jobs concurrently [Conformance]', async (c) => {
  await create(c, { concurrencyPolicy: 'Allow' });
  await when(c, 'two active jobs', (cron) => active(cron).length >= 2);
  const running = (await jobsOf(c)).filter(({ status }) => status?.completionTime === undefined);
  c.t.true(running.length >= 2);
});

spec('[sig-apps] CronJob should not schedule jobs when suspended [Conformance] [Slow]', async (c) => {
  await create(c, { suspend: true });
  await pastNextMinute();
  c.t.deepEqual(await jobsOf(c), []);
  c.t.deepEqual(active(await c.client.get(cronJobs, c.at('cron'), c.signal)), []);
});

spec('[sig-apps] CronJob should not schedule new jobs when ForbidConcurrent [Conformance] [Slow]', async (c) => {
  await create(c, { concurrencyPolicy: 'Forbid' });
  const [one] = active(await when(c, 'an active job', (cron) => active(cron).length === 1));
  await pastNextMinute();
  c.t.deepEqual(
    (await jobsOf(c)).map(({ metadata }) => metadata.name),
    [one?.name],
  );
  c.t.is(active(await c.client.get(cronJobs, c.at('cron'), c.signal)).length, 1);
});

spec('[sig-apps] CronJob should replace jobs when ReplaceConcurrent [Conformance]', async (c) => {
  await create(c, { concurrencyPolicy: 'Replace' });
  const [one] = active(await when(c, 'an active job', (cron) => active(cron).length === 1));
  await when(c, 'another job in its place', (cron) => active(cron).length === 1 && active(cron)[0]?.name !== one?.name);
  await eventually('the replaced job to go', async () =>
    (await jobsOf(c)).every((job) => job.metadata.name !== one?.name),
  );
  c.t.pass();
});

spec('[sig-apps] CronJob should support CronJob API operations [Conformance]', async (c) => {
  await supportsOperations(c, cronJobs, {
    draft: () => ({ metadata: {}, spec: cronSpec({ schedule: '0 0 31 2 *' }, 'true') }),
    status: {
      patch: { lastScheduleTime: '2026-01-01T00:00:00Z' },
      update: { lastScheduleTime: '2026-01-01T00:01:00Z' },
    },
  });
});
