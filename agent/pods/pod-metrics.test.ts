import test from 'ava';
import type { PodStatus } from '#lib/api/types/core.v1.ts';
import { createFakeClock } from '#lib/clock.ts';
import { createMetrics } from '#lib/metrics.ts';
import { exampleContainer, examplePod } from './example.ts';
import { createPodMetrics } from './pod-metrics.ts';

function setUp() {
  const clock = createFakeClock(Date.UTC(2026, 0, 1, 0, 0, 10));
  const metrics = createMetrics();
  const sum = (name: string, labels = '') => {
    const of = (what: string) =>
      new RegExp(`^kubelet_${name}_seconds_${what}${labels.replace(/[{}"]/g, '\\$&')} (.*)$`, 'm').exec(
        metrics.render(),
      )?.[1];
    return [of('count'), of('sum')].map((text) => text && Number(text));
  };
  const own = createPodMetrics(metrics, clock);
  const told: string[] = [];
  const record = own.following((_pod, _type, reason) => told.push(reason));
  return { clock, metrics, sum, own, record, told };
}

const initial = { name: 'i', image: 'i', imageID: 'i', ready: true, restartCount: 0 };
const times = { startedAt: '2026-01-01T00:00:14Z', finishedAt: '2026-01-01T00:00:17Z' };
const init = { ...initial, state: { terminated: { exitCode: 0, ...times } } };
const main = { ...initial, name: 'main', state: { running: { startedAt: '2026-01-01T00:00:18Z' } } };
const pod = (status: PodStatus) =>
  examplePod(
    { initContainers: [exampleContainer('i')] },
    { metadata: { name: 'web', namespace: 'default', uid: 'u1', creationTimestamp: '2026-01-01T00:00:08Z' }, status },
  );
const running: PodStatus = { phase: 'Running', containerStatuses: [main], initContainerStatuses: [init] };

test('createPodMetrics() times the start of a pod: in all, since it was seen, and without pulls and init containers', async (t) => {
  const { clock, sum, own, record, told } = setUp();
  own.see(pod({ phase: 'Pending' }), undefined); // 2 s after it was made
  await clock.advance(1_000);
  record(pod({}), 'Normal', 'Pulling', 'Pulling image "a"');
  await clock.advance(2_000);
  record(pod({}), 'Normal', 'Pulled', 'Successfully pulled image "a" in 2s');
  await clock.advance(5_000);
  own.see(pod({ ...running, containerStatuses: [] }), pod({ phase: 'Pending' }));
  t.deepEqual(sum('pod_start_duration'), [undefined, undefined]);
  own.see(pod(running), pod({ phase: 'Pending' }));
  own.see(pod(running), pod(running)); // once
  t.deepEqual(sum('pod_start_duration'), [1, 8]);
  t.deepEqual(sum('pod_start_total_duration'), [1, 10]);
  t.deepEqual(sum('pod_start_sli_duration'), [1, 5]); // 2 s of pulling, 3 s of an init container
  t.deepEqual(told, ['Pulling', 'Pulled']);
});

test('createPodMetrics() counts no start of what ran before', (t) => {
  const { sum, own } = setUp();
  own.see(pod(running), undefined);
  own.see(pod(running), pod(running));
  t.deepEqual(sum('pod_start_duration'), [undefined, undefined]);
});

test('createPodMetrics() tells the first work on a pod from that after a change, and from any other', async (t) => {
  const { clock, sum, own } = setUp();
  const work = async (ms: number) => {
    const done = own.queue.started('pods', 'u1');
    await clock.advance(ms);
    done();
  };
  own.see(pod({ phase: 'Pending' }), undefined);
  await clock.advance(250);
  await work(1_000);
  await work(100);
  own.see(pod({ phase: 'Pending' }), pod({ phase: 'Pending' }));
  await work(500);
  t.deepEqual(sum('pod_worker_start_duration'), [1, 0.25]);
  t.deepEqual(sum('pod_worker_duration', '{operation_type="create"}'), [1, 1]);
  t.deepEqual(sum('pod_worker_duration', '{operation_type="sync"}'), [1, 0.1]);
  t.deepEqual(sum('pod_worker_duration', '{operation_type="update"}'), [1, 0.5]);
});

test('createPodMetrics() tells of lists of the runtime', async (t) => {
  const { clock, sum, own, metrics } = setUp();
  t.notRegex(metrics.render(), /^kubelet_pleg_last_seen_seconds /m);
  for (const pauseMs of [0, 300]) {
    await clock.advance(pauseMs);
    const beganAtMs = clock.now();
    await clock.advance(50);
    own.listed(beganAtMs);
  }
  t.deepEqual(sum('pleg_relist_duration'), [2, 0.1]);
  t.deepEqual(sum('pleg_relist_interval'), [1, 0.3]);
  t.regex(metrics.render(), new RegExp(`^kubelet_pleg_last_seen_seconds ${clock.now() / 1000}$`, 'm'));
  t.regex(metrics.render(), /^kubelet_pleg_discard_events 0$/m);
});

test('createPodMetrics() counts what is started and what fails to', async (t) => {
  const { own, metrics } = setUp();
  t.is(await own.sandbox(async () => 'made'), 'made');
  await t.throwsAsync(
    own.sandbox(() => Promise.reject(new Error('no network'))),
    { message: 'no network' },
  );
  for (const kind of ['main', 'main', 'init', 'sidecar', 'ephemeral'] as const) own.starting(kind);
  own.notStarted('main', 'ErrImagePull');
  const text = metrics.render();
  for (const line of [
    'kubelet_started_pods_total 2',
    'kubelet_started_pods_errors_total 1',
    'kubelet_started_containers_total{container_type="container"} 2',
    'kubelet_started_containers_total{container_type="init_container"} 2',
    'kubelet_started_containers_total{container_type="ephemeral_container"} 1',
    'kubelet_started_containers_errors_total{container_type="container",code="ErrImagePull"} 1',
  ]) {
    t.true(text.split('\n').includes(line), line);
  }
});
