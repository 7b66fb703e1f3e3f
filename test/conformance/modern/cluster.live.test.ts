// Nodes, scheduling, limits and Events.
import { events, limitRanges, nodes, pods, priorityClasses } from '#lib/api/resources.ts';
import type { Node } from '#lib/api/types/core.v1.ts';
import { eventually } from '../../live/cluster.ts';
import { createPod, idle, isReady } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';
import { seen } from './support/watch.ts';

spec('[sig-architecture] Conformance Tests should have at least two untainted nodes [Conformance]', async (c) => {
  c.t.true((await freeNodes(c)).length >= 2);
});

/** Nodes that any pod may run on. Other specs make ones that nothing runs on. */
async function freeNodes(c: Case): Promise<readonly Node[]> {
  const { items } = await c.client.list(nodes, {}, c.signal);
  return items.filter(({ spec, status }) => {
    const isHealthy = status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
    return (
      isHealthy && !spec?.unschedulable && (spec?.taints ?? []).every(({ effect }) => effect === 'PreferNoSchedule')
    );
  });
}

spec('[sig-instrumentation] Events should manage the lifecycle of an event [Conformance]', async (c) => {
  const { t, client, signal } = c;
  const labels = { testevent: c.id };
  const where = { labelSelector: `testevent=${c.id}` };
  const metadata = { name: 'event', labels };
  const involvedObject = { namespace: c.namespace };
  const list = async () => (await client.list(events, where, signal)).items;
  await seen(
    c,
    events,
    where,
    ({ type }) => type === 'ADDED',
    () =>
      c.create(events, {
        metadata,
        message: 'This is a test event',
        reason: 'Test',
        type: 'Normal',
        count: 1,
        involvedObject,
      } as never),
  );
  t.is((await list()).length, 1);
  const body = { message: 'This is a test event - patched' };
  await seen(
    c,
    events,
    where,
    ({ type, object }) => type === 'MODIFIED' && object.message === body.message,
    () => client.patch(events, c.at('event'), { type: 'strategic', body }, signal),
  );
  t.is((await client.get(events, c.at('event'), signal)).message, body.message);
  const updated = await eventually('an update', async () => {
    const now = await client.get(events, c.at('event'), signal);
    return client.update(
      events,
      { ...now, series: { count: 100, lastObservedTime: '2026-01-01T00:00:00.000000Z' } },
      signal,
    );
  });
  t.is(updated.series?.count, 100);
  await client.delete(events, c.at('event'), signal);
  await eventually('no event', async () => (await list()).length === 0);
});

spec(
  '[sig-scheduling] LimitRange should list, patch and delete a LimitRange by collection [Conformance]',
  async (c) => {
    const { t, client, signal } = c;
    const labels = { modern: c.id };
    const where = { labelSelector: `modern=${c.id}` };
    const limit = {
      type: 'Container' as const,
      min: { cpu: '50m', memory: '100Mi' },
      max: { cpu: '500m', memory: '500Mi' },
      default: { cpu: '500m', memory: '500Mi' },
      defaultRequest: { cpu: '50m', memory: '100Mi' },
      maxLimitRequestRatio: {},
    };
    await c.create(limitRanges, { metadata: { name: 'limits', labels }, spec: { limits: [limit] } });
    t.is((await client.list(limitRanges, where, signal)).items.length, 1, 'in all namespaces');
    const body = {
      metadata: { labels: { patched: c.id } },
      spec: { limits: [{ ...limit, min: { cpu: '40m', memory: '10Mi' } }] },
    };
    const patched = await client.patch(limitRanges, c.at('limits'), { type: 'strategic', body }, signal);
    t.is(patched.metadata.labels?.['patched'], c.id);
    t.deepEqual(patched.spec?.limits?.[0]?.min, { cpu: '40m', memory: '10Mi' });
    await client.deleteCollection(limitRanges, { namespace: c.namespace, labelSelector: `patched=${c.id}` }, signal);
    await eventually('no limit', async () => (await client.list(limitRanges, where, signal)).items.length === 0);
  },
);

spec(
  '[sig-scheduling] SchedulerPreemption validates pod disruption condition is added to the preempted pod [Conformance] [Serial]',
  async (c) => {
    const { t, client, signal } = c;
    const resource = `modern.example.com/r${c.id}`;
    const [node] = await freeNodes(c);
    const at = { name: node!.metadata.name };
    const give = (value: string | null) => {
      const body = { status: { capacity: { [resource]: value }, allocatable: { [resource]: value } } };
      return client.patch(nodes, at, { type: 'merge', body }, signal, { subresource: 'status' });
    };
    await give('1');
    c.defer(() => give(null));
    for (const [name, value] of [
      ['low', 1],
      ['high', 1000],
    ] as const) {
      await client.create(priorityClasses, { metadata: { name: `${name}-${c.id}` }, value }, signal);
      c.defer(() => client.delete(priorityClasses, { name: `${name}-${c.id}` }, AbortSignal.timeout(10_000)));
    }
    const amount = { [resource]: '1' };
    const containers = [{ ...idle, resources: { requests: amount, limits: amount } }];
    const finalizer = 'example.com/modern';
    await createPod(c, 'victim', { containers, priorityClassName: `low-${c.id}` });
    await c.when(pods, 'victim', 'ready', isReady);
    const keep = (finalizers: readonly string[] | null) =>
      client.patch(pods, c.at('victim'), { type: 'merge', body: { metadata: { finalizers } } }, signal);
    await keep([finalizer]);
    c.defer(() => keep(null));
    await createPod(c, 'preemptor', { containers, priorityClassName: `high-${c.id}` });
    const victim = await c.when(
      pods,
      'victim',
      'on its way',
      ({ metadata }) => metadata.deletionTimestamp !== undefined,
    );
    t.like(
      victim.status.conditions?.find(({ type }) => type === 'DisruptionTarget'),
      { status: 'True', reason: 'PreemptionByScheduler' },
    );
    await keep(null);
    await c.when(pods, 'preemptor', 'ready', isReady);
  },
);
