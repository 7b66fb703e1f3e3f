// Two schedulers of one configuration, on the real control plane; nodes are only said to be there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { events, nodes, pods } from '#lib/api/resources.ts';
import { createClock } from '#lib/clock.ts';
import { startTestServer, type TestServer } from '../testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'skiff-scheduler-'));
const file = join(folder, 'scheduler.yaml');
writeFileSync(
  file,
  `apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
podInitialBackoffSeconds: 1
profiles:
  - schedulerName: default-scheduler
  - schedulerName: packer
    plugins:
      score:
        disabled: [{ name: '*' }]
        enabled: [{ name: NodeResourcesFit, weight: 1 }]
    pluginConfig:
      - name: NodeResourcesFit
        args: { scoringStrategy: { type: MostAllocated } }
`,
);

let server: TestServer;
test.before(async () => {
  server = await startTestServer({ apiOnly: false, schedulerConfig: file });
  for (const name of ['a', 'b']) {
    const size = { cpu: '10', memory: '10Gi', pods: '20' };
    const conditions = [{ type: 'Ready', status: 'True' }];
    const status = { capacity: size, allocatable: size, conditions };
    await server.client.create(nodes, { metadata: { name }, spec: {}, status } as never, server.signal);
  }
});
test.after.always(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function scheduled(name: string, spec: object = {}): Promise<string> {
  const { client, signal } = server;
  const resources = { requests: { cpu: '1', memory: '1Gi' } };
  const containers = [{ name: 'c', image: 'none', resources }];
  const metadata = { name, namespace: 'default' };
  await client.create(pods, { metadata, spec: { containers, ...spec } } as never, signal);
  for (;;) {
    const pod = await client.get(pods, metadata, signal);
    if (pod.spec.nodeName) return pod.spec.nodeName;
    await createClock().sleep(20, signal);
  }
}

test.serial('each scheduler goes by its own profile', async (t) => {
  const first = await scheduled('spread-0');
  t.not(await scheduled('spread-1'), first);
  const packed = await scheduled('pack-0', { schedulerName: 'packer' });
  for (const name of ['pack-1', 'pack-2']) t.is(await scheduled(name, { schedulerName: 'packer' }), packed);
});

test.serial('Events bear the name of the scheduler', async (t) => {
  const { client, signal } = server;
  const sourceOf = async (name: string) => {
    for (;;) {
      const fieldSelector = `involvedObject.name=${name},reason=Scheduled`;
      const { items } = await client.list(events, { namespace: 'default', fieldSelector }, signal);
      if (items[0] !== undefined) return items[0].source?.component;
      await createClock().sleep(20, signal);
    }
  };
  t.is(await sourceOf('pack-0'), 'packer');
  t.is(await sourceOf('spread-0'), 'default-scheduler');
});

test.serial("metrics have upstream's names", async (t) => {
  const { client, signal } = server;
  const text = (await client.raw('GET', '/metrics', signal)) as string;
  for (const line of [
    /^scheduler_schedule_attempts_total\{result="scheduled",profile="packer"\} 3$/m,
    /^scheduler_pod_scheduling_attempts_count 5$/m,
    /^scheduler_pending_pods\{queue="active"\} 0$/m,
    /^scheduler_cache_size\{type="nodes"\} 2$/m,
    /^scheduler_scheduling_attempt_duration_seconds_count\{result="scheduled",profile="default-scheduler"\} 2$/m,
    /^workqueue_adds_total\{name="deployment"\} \d+$/m,
    /^workqueue_depth\{name="replicaset"\} 0$/m,
  ])
    t.regex(text, line);
});

test.serial('what the scheduler does shows in its metrics', async (t) => {
  const { client, signal } = server;
  await scheduled('counted');
  const containers = [{ name: 'c', image: 'none', resources: { requests: { cpu: '999' } } }];
  await client.create(pods, { metadata: { name: 'big', namespace: 'default' }, spec: { containers } } as never, signal);
  const gate = { schedulingGates: [{ name: 'example.com/wait' }] };
  const gated = { metadata: { name: 'gated', namespace: 'default' }, spec: { containers, ...gate } };
  await client.create(pods, gated as never, signal);
  const profile = 'profile="default-scheduler"';
  const lines = [
    /^scheduler_pending_pods\{queue="unschedulable"\} 1$/m,
    /^scheduler_pending_pods\{queue="gated"\} 1$/m,
    /^scheduler_pending_pods\{queue="active"\} 0$/m,
    /^scheduler_pending_pods\{queue="backoff"\} 0$/m,
    /^scheduler_queue_incoming_pods_total\{queue="active",event="PodAdd"\} [1-9]/m,
    /^scheduler_queue_incoming_pods_total\{queue="unschedulable",event="ScheduleAttemptFailure"\} 1$/m,
    /^scheduler_queue_incoming_pods_total\{queue="gated",event="PodAdd"\} 1$/m,
    new RegExp(`^scheduler_schedule_attempts_total\\{result="scheduled",${profile}\\} [1-9]`, 'm'),
    new RegExp(`^scheduler_schedule_attempts_total\\{result="unschedulable",${profile}\\} 1$`, 'm'),
    /^scheduler_unschedulable_pods\{plugin="NodeResourcesFit",profile="default-scheduler"\} 1$/m,
    /^scheduler_pod_scheduling_sli_duration_seconds_count\{attempts="1"\} [1-9]/m,
    /^scheduler_pod_scheduling_attempts_bucket\{le="1"\} [1-9]/m,
    ...['PreFilter', 'Filter', 'PreScore', 'Score', 'PreBind', 'Bind'].map((point) => {
      const labels = `extension_point="${point}",status="Success",${profile}`;
      return new RegExp(`^scheduler_framework_extension_point_duration_seconds_count\\{${labels}\\} [1-9]`, 'm');
    }),
    /^scheduler_framework_extension_point_duration_seconds_count\{extension_point="PostFilter",status="Unschedulable",/m,
    /^scheduler_plugin_evaluation_total\{plugin="NodeResourcesFit",extension_point="Filter",profile="default-scheduler"\} [1-9]/m,
    /^scheduler_plugin_execution_duration_seconds_count\{plugin="NodeResourcesFit",extension_point="Filter",status="Success"\} [1-9]/m,
    /^scheduler_goroutines\{operation="binding"\} \d/m,
  ];
  let text = '';
  for (let i = 0; i < 500 && !lines.every((line) => line.test(text)); i++) {
    await createClock().sleep(20, signal);
    text = String(await client.raw('GET', '/metrics', signal));
  }
  for (const line of lines) t.regex(text, line);
  for (const name of ['big', 'gated']) await client.delete(pods, { namespace: 'default', name }, signal);
});

test('a server with a mistake in its configuration does not start, and says where', async (t) => {
  const wrong = join(folder, 'wrong.yaml');
  writeFileSync(
    wrong,
    'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles: [{ schedulerNme: x }]\n',
  );
  const error = await t.throwsAsync(startTestServer({ apiOnly: false, schedulerConfig: wrong }));
  t.regex(error?.message ?? '', /unknown field "profiles\[0\]\.schedulerNme"/);
});
