// Jobs: indexes, failure and success policies, status, lifecycle.
import { jobs, pods } from '#lib/api/resources.ts';
import type { Job, JobSpec } from '#lib/api/types/batch.v1.ts';
import type { Pod, PodSpec } from '#lib/api/types/core.v1.ts';
import { eventually, testCluster } from '../../live/cluster.ts';
import { isGone } from './support/api-operations.ts';
import { keepsConditions } from './support/conditions.ts';
import { isPhase, isReady, shell, template } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';
import { seen } from './support/watch.ts';

const indexKey = 'batch.kubernetes.io/job-completion-index';

interface Wish extends Partial<JobSpec> {
  readonly script: string;
  readonly pod?: Partial<PodSpec>;
}

function createJob(c: Case, { script, pod, ...rest }: Wish): Promise<Job> {
  const labels = { modern: c.id };
  const wish = { template: template(labels, [shell(script)], { restartPolicy: 'Never', ...pod }), ...rest };
  return c.create(jobs, { metadata: { name: 'job', labels }, spec: wish });
}

const has = (type: string, reason?: string) => (job: Job) =>
  job.status?.conditions?.some(
    (is) => is.type === type && is.status === 'True' && (reason ?? is.reason) === is.reason,
  ) === true;

const ends = (c: Case, type: string, reason?: string) =>
  c.when(jobs, 'job', `${type} ${reason ?? ''}`, has(type, reason), 180_000);

async function podsOf(c: Case): Promise<readonly Pod[]> {
  const where = { namespace: c.namespace, labelSelector: 'batch.kubernetes.io/job-name=job' };
  return (await c.client.list(pods, where, c.signal)).items;
}

const indexOf = ({ metadata }: Pod) => Number(metadata.annotations?.[indexKey]);
const indexes = (of: readonly Pod[]) => of.map(indexOf).sort((a, b) => a - b);

spec(
  '[sig-apps] Job should create pods for an Indexed job with completion indexes and specified hostname [Conformance]',
  async (c) => {
    await createJob(c, { script: 'true', completions: 4, parallelism: 2, completionMode: 'Indexed' });
    const job = await ends(c, 'Complete');
    c.t.is(job.status?.completedIndexes, '0-3');
    const all = (await podsOf(c)).filter(isPhase('Succeeded'));
    c.t.deepEqual(indexes(all), [0, 1, 2, 3]);
    for (const pod of all) {
      c.t.is(pod.spec.hostname, `job-${indexOf(pod)}`);
      c.t.is(pod.metadata.labels?.[indexKey], String(indexOf(pod)));
    }
  },
);

spec(
  '[sig-apps] Job should execute all indexes despite some failing when using backoffLimitPerIndex [Conformance]',
  async (c) => {
    await createJob(c, {
      script: 'exit $((JOB_COMPLETION_INDEX % 2))',
      completions: 4,
      parallelism: 2,
      completionMode: 'Indexed',
      backoffLimitPerIndex: 1,
    });
    const { status } = await ends(c, 'Failed', 'FailedIndexes');
    c.t.is(status?.failedIndexes, '1,3');
    c.t.is(status?.completedIndexes, '0,2');
    c.t.is(status?.failed, 4, 'each odd index once, and once again');
    c.t.is(status?.succeeded, 2);
  },
);

spec(
  '[sig-apps] Job should mark indexes as failed when the FailIndex action is matched in podFailurePolicy [Conformance]',
  async (c) => {
    await createJob(c, {
      script: '[ $JOB_COMPLETION_INDEX = 0 ] && exit 42; exit $((JOB_COMPLETION_INDEX % 2))',
      completions: 4,
      parallelism: 2,
      completionMode: 'Indexed',
      backoffLimitPerIndex: 1,
      podFailurePolicy: {
        rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [42] } }],
      },
    });
    const { status } = await ends(c, 'Failed', 'FailedIndexes');
    c.t.is(status?.failedIndexes, '0,1,3');
    c.t.is(status?.completedIndexes, '2');
    c.t.is(status?.failed, 5, 'index 0 once, the odd ones twice');
    c.t.is(status?.succeeded, 1);
  },
);

spec(
  '[sig-apps] Job should terminate job execution when the number of failed indexes exceeds maxFailedIndexes [Conformance]',
  async (c) => {
    // One pod at a time: pods that run when the Job is ended are ended with it, and count as failed.
    await createJob(c, {
      script: 'exit 1',
      completions: 4,
      parallelism: 1,
      completionMode: 'Indexed',
      backoffLimitPerIndex: 0,
      maxFailedIndexes: 1,
    });
    const { status } = await ends(c, 'Failed', 'MaxFailedIndexesExceeded');
    c.t.is(status?.failed, 2);
    c.t.is(status?.failedIndexes, '0,1');
    c.t.falsy(status?.succeeded);
    c.t.falsy(status?.completedIndexes);
    c.t.deepEqual(indexes(await podsOf(c)), [0, 1], 'the other indexes never had a pod');
  },
);

spec('[sig-apps] Job with successPolicy should succeeded when all indexes succeeded [Conformance]', async (c) => {
  await createJob(c, {
    script: 'true',
    completions: 5,
    parallelism: 2,
    completionMode: 'Indexed',
    successPolicy: { rules: [{ succeededIndexes: '0-4', succeededCount: 5 }] },
  });
  await ends(c, 'SuccessCriteriaMet');
  const { status } = await ends(c, 'Complete');
  c.t.is(status?.completedIndexes, '0-4');
  c.t.is(status?.succeeded, 5);
});

const onlyIndexZeroEnds = '[ $JOB_COMPLETION_INDEX = 0 ] || sleep 1000';

spec(
  '[sig-apps] Job with successPolicy succeededIndexes rule should succeeded even when some indexes remain pending [Conformance]',
  async (c) => {
    await createJob(c, {
      script: onlyIndexZeroEnds,
      completions: 5,
      parallelism: 5,
      completionMode: 'Indexed',
      successPolicy: { rules: [{ succeededIndexes: '0' }] },
    });
    await ends(c, 'SuccessCriteriaMet', 'SuccessPolicy');
    const { status } = await ends(c, 'Complete', 'SuccessPolicy');
    c.t.is(status?.completedIndexes, '0');
    c.t.is(status?.succeeded, 1);
    c.t.is(status?.active ?? 0, 0);
  },
);

spec(
  '[sig-apps] Job with successPolicy succeededCount rule should succeeded even when some indexes remain pending [Conformance]',
  async (c) => {
    await createJob(c, {
      script: onlyIndexZeroEnds,
      completions: 5,
      parallelism: 5,
      completionMode: 'Indexed',
      successPolicy: { rules: [{ succeededCount: 1 }] },
    });
    await ends(c, 'SuccessCriteriaMet', 'SuccessPolicy');
    const { status } = await ends(c, 'Complete', 'SuccessPolicy');
    c.t.is(status?.completedIndexes, '0');
    c.t.is(status?.succeeded, 1);
  },
);

spec(
  '[sig-apps] Job should allow to use the pod failure policy on exit code to fail the job early [Conformance]',
  async (c) => {
    await createJob(c, {
      script: 'exit 1',
      completions: 3,
      parallelism: 1,
      backoffLimit: 6,
      podFailurePolicy: {
        rules: [{ action: 'FailJob', onExitCodes: { containerName: 'main', operator: 'In', values: [1] } }],
      },
    });
    const { status } = await ends(c, 'Failed', 'PodFailurePolicy');
    c.t.is(status?.failed, 1);
  },
);

spec(
  '[sig-apps] Job should allow to use a pod failure policy to ignore failure matching on DisruptionTarget condition [Conformance]',
  async (c) => {
    const onNode = '/var/tmp'; // what the second pod sees of the first: both run on one node
    const mark = `/shared/modern-${c.id}`;
    await createJob(c, {
      script: '',
      completions: 1,
      parallelism: 1,
      backoffLimit: 0,
      podFailurePolicy: {
        rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      },
      pod: {
        nodeName: testCluster().layout.nodes[0]!.name, // no node that another spec plays
        volumes: [{ name: 'shared', hostPath: { path: onNode } }],
        containers: [
          shell(`[ -e ${mark} ] && rm ${mark} && exit 0; touch ${mark}; sleep 1000`, {
            volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
          }),
        ],
      },
    });
    const running = await eventually('a running pod', async () => (await podsOf(c)).find(isReady));
    const { name } = running.metadata;
    await eventually('its mark', async () => c.client.get(pods, c.at(name), c.signal).then(isReady));
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: c.namespace } };
    await c.client.create(pods, eviction as never, c.signal, { at: c.at(name), subresource: 'eviction' });
    const { status } = await ends(c, 'Complete');
    c.t.is(status?.failed ?? 0, 0, 'a disrupted pod does not count');
    c.t.is(status?.succeeded, 1);
  },
);

spec('[sig-apps] Job should apply changes to a job status [Conformance]', async (c) => {
  await createJob(c, { script: 'sleep 1000', parallelism: 2, completions: 4, backoffLimit: 6 });
  await c.when(jobs, 'job', 'two ready pods', ({ status }) => status?.ready === 2);
  const { t, client, signal } = c;
  const options = { subresource: 'status' };
  const startTime = '2026-01-02T03:04:05Z';
  const patch = { metadata: { annotations: { patchedstatus: 'true' } }, status: { terminating: 0 } };
  const patched = await client.patch(jobs, c.at('job'), { type: 'merge', body: patch }, signal, options);
  t.is(patched.metadata.annotations?.['patchedstatus'], 'true');
  const ready = await c.when(jobs, 'job', 'a start time', (job) => job.status?.startTime !== undefined);
  await t.throwsAsync(
    client.update(jobs, { ...ready, status: { ...ready.status, startTime } }, signal, options),
    undefined,
    'the start time of a job that is not suspended stays',
  );
  await keepsConditions(c, jobs, 'job', { selector: `modern=${c.id}` });
  const read = await client.get(jobs, c.at('job'), signal, options);
  t.true(has('StatusPatched')(read));
});

spec('[sig-apps] Job should manage the lifecycle of a job [Conformance]', async (c) => {
  const { t, client, signal } = c;
  await createJob(c, { script: 'sleep 1', parallelism: 2, completions: 4, backoffLimit: 6, suspend: true });
  const labelSelector = `modern=${c.id}`;
  const patch = { metadata: { labels: { patched: 'true' } } };
  const event = await seen(
    c,
    jobs,
    { labelSelector },
    ({ type, object }) => type === 'MODIFIED' && object.metadata.labels?.['patched'] === 'true',
    () => client.patch(jobs, c.at('job'), { type: 'strategic', body: patch }, signal),
  );
  t.is(event.object.spec?.suspend, true);
  await eventually('an update', async () => {
    const now = await client.get(jobs, c.at('job'), signal);
    const metadata = { ...now.metadata, annotations: { ...now.metadata.annotations, updated: 'true' } };
    return client.update(jobs, { ...now, metadata, spec: { ...now.spec!, suspend: false } }, signal);
  });
  const done = await ends(c, 'Complete');
  t.is(done.metadata.annotations?.['updated'], 'true');
  const everywhere = await client.list(jobs, { labelSelector }, signal);
  t.deepEqual(
    everywhere.items.map(({ metadata }) => metadata.namespace),
    [c.namespace],
  );
  const where = { namespace: c.namespace, labelSelector, delete: { propagationPolicy: 'Background' as const } };
  await seen(
    c,
    jobs,
    { labelSelector },
    ({ type }) => type === 'DELETED',
    () => client.deleteCollection(jobs, where, signal),
  );
  await eventually('the job to go', () => isGone(client.get(jobs, c.at('job'), signal)));
  await eventually('its pods to go', async () => (await podsOf(c)).length === 0, 60_000);
});
