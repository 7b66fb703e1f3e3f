// Nodes, pod templates and pods as objects: what may be written of them, and how their generation counts.
import type { ExecutionContext } from 'ava';
import { nodes, pods, podTemplates, runtimeClasses } from '#lib/api/resources.ts';
import type { Pod, PodSpec } from '#lib/api/types/core.v1.ts';
import { hasReason } from '#lib/errors.ts';
import { eventually, testCluster } from '../../live/cluster.ts';
import { isGone } from './support/api-operations.ts';
import { walk } from './support/node-lifecycle.ts';
import { forever, image, isReady, type Space, shell, soon, spec } from './support/node-space.ts';

spec('[sig-node] Node Lifecycle should run through the lifecycle of a node [Conformance]', async (space, t) => {
  const addresses = [{ type: 'Hostname', address: 'nowhere' }];
  await walk(space, t, { resource: nodes, make: () => ({ spec: { unschedulable: true } }), status: { addresses } });
});

spec('[sig-node] PodTemplates should replace a pod template [Conformance]', async ({ client, namespace }, t) => {
  const metadata = { name: 'form', namespace };
  const template = { metadata: { name: '', labels: { app: 'one' } }, spec: { containers: [{ name: 'main', image }] } };
  await client.create(podTemplates, { metadata, template }, soon());
  const made = await client.get(podTemplates, metadata, soon());
  const changed = { ...template, metadata: { name: '', labels: { app: 'two' }, annotations: { updated: 'true' } } };
  const after = await client.update(podTemplates, { ...made, template: changed }, soon());
  t.like(after.template.metadata, { labels: { app: 'two' }, annotations: { updated: 'true' } });
  t.is(after.metadata.uid, made.metadata.uid);
  t.not(after.metadata.resourceVersion, made.metadata.resourceVersion);
  t.like((await client.get(podTemplates, metadata, soon())).template.metadata, { labels: { app: 'two' } });
});

spec('[sig-node] Pods should patch a pod status [Conformance]', async ({ client, namespace, createPod, when }, t) => {
  await createPod('shown');
  await when('shown', 'ready', isReady);
  const at = { namespace, name: 'shown' };
  const status = { message: 'patched by a test', reason: 'E2E' };
  const after = await client.patch(pods, at, { type: 'strategic', body: { status } }, soon(), {
    subresource: 'status',
  });
  t.like(after.status, status);
  t.is(after.status.phase, 'Running');
});

spec(
  '[sig-node] RuntimeClass should schedule a Pod requesting a RuntimeClass and initialize its Overhead [Conformance] [NodeConformance]',
  async ({ client, namespace, createPod, when }, t) => {
    const podFixed = { cpu: '10m', memory: '1Mi' };
    await client.create(
      runtimeClasses,
      { metadata: { name: namespace }, handler: 'runc', overhead: { podFixed } },
      soon(),
    );
    try {
      const made = await createPod('classed', { runtimeClassName: namespace });
      t.deepEqual(made.spec.overhead, podFixed);
      const { spec: found } = await when('classed', 'scheduled', (pod) => pod.spec.nodeName !== undefined);
      t.true(testCluster().layout.nodes.some(({ name }) => name === found.nodeName));
      const wrong = createPod('wrong', { runtimeClassName: namespace, overhead: { cpu: '1' } });
      await t.throwsAsync(wrong, { message: /overhead/i });
    } finally {
      await client.delete(runtimeClasses, { name: namespace }, soon());
    }
  },
);

spec(
  '[sig-node] RuntimeClass should schedule a Pod requesting a RuntimeClass without PodOverhead [Conformance] [NodeConformance]',
  async ({ client, namespace, createPod, when }, t) => {
    await client.create(runtimeClasses, { metadata: { name: namespace }, handler: 'runc' }, soon());
    try {
      await createPod('classed', { runtimeClassName: namespace });
      const { spec: found } = await when('classed', 'scheduled', (pod) => pod.spec.nodeName !== undefined);
      t.is(found.runtimeClassName, namespace);
      t.is(found.overhead, undefined);
    } finally {
      await client.delete(runtimeClasses, { name: namespace }, soon());
    }
  },
);

/** Refused by admission, which knows no such class. */
async function rejects({ createPod, namespace }: Space, t: ExecutionContext): Promise<void> {
  const error = await t.throwsAsync(createPod('classed', { runtimeClassName: namespace }));
  t.true(hasReason(error, 'Forbidden'));
  t.regex(error?.message ?? '', /RuntimeClass .*not found/);
}

spec(
  '[sig-node] RuntimeClass should reject a Pod requesting a non-existent RuntimeClass [Conformance] [NodeConformance]',
  rejects,
);

spec(
  '[sig-node] RuntimeClass should reject a Pod requesting a deleted RuntimeClass [Conformance] [NodeConformance]',
  async (space, t) => {
    const { client, namespace: name } = space;
    await client.create(runtimeClasses, { metadata: { name }, handler: 'runc' }, soon());
    await client.delete(runtimeClasses, { name }, soon());
    await eventually('its end', () => isGone(client.get(runtimeClasses, { name }, soon())));
    await rejects(space, t);
  },
);

/** Updates the pod as a whole, again if somebody else came first. */
async function change({ client, namespace }: Space, name: string, to: (pod: Pod) => Pod): Promise<Pod> {
  for (let tries = 1; ; tries++) {
    const now = await client.get(pods, { namespace, name }, soon());
    try {
      return await client.update(pods, to(now), soon());
    } catch (error) {
      if (!hasReason(error, 'Conflict') || tries === 20) throw error;
    }
  }
}
const withSpec = (rest: (spec: PodSpec) => Partial<PodSpec>) => (pod: Pod) => ({
  ...pod,
  spec: { ...pod.spec, ...rest(pod.spec) },
});

spec(
  '[sig-node] Pods Extended (pod generation) Pod Generation pod generation should start at 1 and increment per update [MinimumKubeletVersion:1.34] [Conformance]',
  async (space, t) => {
    const initContainers = [shell('true', { name: 'first' })];
    t.is((await space.createPod('counted', { initContainers })).metadata.generation, 1);
    await space.when('counted', 'ready', isReady);
    const toleration = { key: 'a', operator: 'Equal', value: 'b', effect: 'NoSchedule' } as const;
    const pause = 'skiff.local/pause:1';
    const steps: readonly [string, boolean, (pod: Pod) => Pod][] = [
      ['nothing', false, (pod) => pod],
      ['tolerations', true, withSpec(({ tolerations = [] }) => ({ tolerations: [...tolerations, toleration] }))],
      ['activeDeadlineSeconds', true, withSpec(() => ({ activeDeadlineSeconds: 5000 }))],
      ['image', true, withSpec(({ containers }) => ({ containers: [{ ...containers[0]!, image: pause }] }))],
      [
        'image of an init container',
        true,
        withSpec(({ initContainers }) => ({ initContainers: [{ ...initContainers![0]!, image: pause }] })),
      ],
      ['annotations', false, (pod) => ({ ...pod, metadata: { ...pod.metadata, annotations: { key: 'value' } } })],
      ['generation itself', false, (pod) => ({ ...pod, metadata: { ...pod.metadata, generation: 1 } })],
    ];
    let generation = 1;
    for (const [what, counts, to] of steps) {
      const { metadata } = await change(space, 'counted', to);
      if (counts) generation++;
      t.is(metadata.generation, generation, what);
      await space.when('counted', `${what} observed`, ({ status }) => status.observedGeneration === generation, 20_000);
    }
  },
);

spec(
  '[sig-node] Pods Extended (pod generation) Pod Generation custom-set generation on new pods and graceful delete [Conformance]',
  async ({ client, namespace, createPod, when }, t) => {
    const containers = [shell('', { command: ['sh', '-c', 'while :; do sleep 1; done'] })];
    t.is((await createPod('custom', { containers }, { generation: 100 })).metadata.generation, 1);
    await when('custom', 'running', ({ status }) => status.phase === 'Running');
    const at = { namespace, name: 'custom' };
    await client.delete(pods, at, soon(), { gracePeriodSeconds: 60 });
    const { metadata } = await client.get(pods, at, soon());
    t.is(metadata.generation, 2);
    t.truthy(metadata.deletionTimestamp);
    await client.delete(pods, at, soon(), { gracePeriodSeconds: 0 });
  },
);

spec(
  '[sig-node] Pods Extended (pod generation) Pod Generation issue 500 podspec updates and verify generation and observedGeneration eventually converge [MinimumKubeletVersion:1.34] [Conformance]',
  async (space, t) => {
    await space.createPod('many', { activeDeadlineSeconds: 5000, containers: [shell('', { command: forever })] });
    await space.when('many', 'ready', isReady);
    for (let count = 1; count < 500; count++) {
      await change(
        space,
        'many',
        withSpec(() => ({ activeDeadlineSeconds: 5000 - count })),
      );
    }
    const seen = await space.when('many', 'all observed', ({ status }) => status.observedGeneration === 500, 30_000);
    t.is(seen.metadata.generation, 500);
  },
);
