// What a PodDisruptionBudget says, and when it holds an eviction back.
import { podDisruptionBudgets, pods } from '#lib/api/resources.ts';
import type { PodDisruptionBudgetSpec } from '#lib/api/types/policy.v1.ts';
import { hasReason } from '#lib/errors.ts';
import { eventually } from '../../live/cluster.ts';
import { isGone } from './support/api-operations.ts';
import { isReady, readyPod } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';

const foo = { foo: 'bar' };

function budget(c: Case, name: string, rest: Partial<PodDisruptionBudgetSpec> = { minAvailable: 1 }) {
  const metadata = { name, labels: { modern: c.id } };
  return c.create(podDisruptionBudgets, { metadata, spec: { selector: { matchLabels: foo }, ...rest } });
}

const processed = (c: Case, name: string) =>
  c.when(podDisruptionBudgets, name, 'what the controller says of it', ({ metadata, status }) => {
    return status?.observedGeneration === metadata.generation && (status?.observedGeneration ?? 0) > 0;
  });

async function evict(c: Case, name: string): Promise<void> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: c.namespace } };
  await c.client.create(pods, eviction as never, c.signal, { at: c.at(name), subresource: 'eviction' });
}

async function isHeldBack(c: Case, name: string): Promise<boolean> {
  try {
    await evict(c, name);
    return false;
  } catch (error) {
    if (hasReason(error, 'TooManyRequests')) return true;
    throw error;
  }
}

spec('[sig-apps] DisruptionController should create a PodDisruptionBudget [Conformance]', async (c) => {
  const { t, client, signal } = c;
  const made = await budget(c, 'budget', { minAvailable: '1%' });
  t.is(made.spec?.minAvailable, '1%');
  await processed(c, 'budget');
  await eventually('an update', async () => {
    const now = await client.get(podDisruptionBudgets, c.at('budget'), signal);
    return client.update(podDisruptionBudgets, { ...now, spec: { ...now.spec!, minAvailable: '2%' } }, signal);
  });
  t.is((await processed(c, 'budget')).spec?.minAvailable, '2%');
  const body = { spec: { minAvailable: '3%' } };
  await client.patch(podDisruptionBudgets, c.at('budget'), { type: 'strategic', body }, signal);
  t.is((await processed(c, 'budget')).spec?.minAvailable, '3%');
  await client.delete(podDisruptionBudgets, c.at('budget'), signal);
  await eventually('the budget to go', () => isGone(client.get(podDisruptionBudgets, c.at('budget'), signal)));
});

spec(
  '[sig-apps] DisruptionController Listing PodDisruptionBudgets for all namespaces should list and delete a collection of PodDisruptionBudgets [Conformance]',
  async (c) => {
    const { t, client, signal } = c;
    await budget(c, 'one', { minAvailable: 1 });
    await budget(c, 'two', { minAvailable: '1%' });
    await budget(c, 'three', { maxUnavailable: 1 });
    for (const name of ['one', 'two', 'three']) await processed(c, name);
    const labelSelector = `modern=${c.id}`;
    t.is((await client.list(podDisruptionBudgets, { labelSelector }, signal)).items.length, 3);
    const where = { namespace: c.namespace, labelSelector };
    await client.deleteCollection(podDisruptionBudgets, where, signal);
    await eventually('an empty list', async () => {
      return (await client.list(podDisruptionBudgets, { labelSelector }, signal)).items.length === 0;
    });
  },
);

spec('[sig-apps] DisruptionController should observe PodDisruptionBudget status updated [Conformance]', async (c) => {
  await budget(c, 'budget', { minAvailable: 1 });
  await Promise.all(['a', 'b', 'c'].map((name) => readyPod(c, name, { labels: foo })));
  const { status } = await c.when(podDisruptionBudgets, 'budget', 'allowed disruptions', (is) => {
    return (is.status?.disruptionsAllowed ?? 0) === 2;
  });
  c.t.like(status, { currentHealthy: 3, expectedPods: 3, desiredHealthy: 1 });
});

spec('[sig-apps] DisruptionController should update/patch PodDisruptionBudget status [Conformance]', async (c) => {
  const { t, client, signal } = c;
  await budget(c, 'budget', { minAvailable: 1 });
  await processed(c, 'budget');
  const options = { subresource: 'status' };
  const gone = { name: '2026-01-01T00:00:00Z' };
  const updated = await eventually('an update of the status', async () => {
    const now = await client.get(podDisruptionBudgets, c.at('budget'), signal);
    const wish = { ...now, status: { ...now.status!, disruptedPods: gone } };
    return client.update(podDisruptionBudgets, wish, signal, options);
  });
  t.deepEqual(updated.status?.disruptedPods, gone);
  const { resourceVersion } = updated.metadata;
  t.truthy(resourceVersion);
  const body = { status: { disruptedPods: null } };
  const patched = await client.patch(podDisruptionBudgets, c.at('budget'), { type: 'merge', body }, signal, options);
  t.deepEqual(patched.status?.disruptedPods ?? {}, {});
});

spec(
  '[sig-apps] DisruptionController should block an eviction until the PDB is updated to allow it [Conformance]',
  async (c) => {
    const { t, client, signal } = c;
    await Promise.all(['a', 'b', 'c'].map((name) => readyPod(c, name, { labels: foo })));
    await budget(c, 'budget', { minAvailable: 3 });
    await c.when(podDisruptionBudgets, 'budget', 'three healthy pods', ({ status }) => status?.currentHealthy === 3);
    t.true(await isHeldBack(c, 'a'));

    await eventually('an update', async () => {
      const now = await client.get(podDisruptionBudgets, c.at('budget'), signal);
      return client.update(podDisruptionBudgets, { ...now, spec: { ...now.spec!, minAvailable: 2 } }, signal);
    });
    await c.when(
      podDisruptionBudgets,
      'budget',
      'a disruption allowed',
      ({ status }) => status?.disruptionsAllowed === 1,
    );
    await evict(c, 'a');
    await eventually('the evicted pod to go', () => isGone(client.get(pods, c.at('a'), signal)), 60_000);

    await readyPod(c, 'd', { labels: foo });
    const body = { spec: { maxUnavailable: 0, minAvailable: null } };
    await client.patch(podDisruptionBudgets, c.at('budget'), { type: 'merge', body }, signal);
    await c.when(podDisruptionBudgets, 'budget', 'no disruption allowed', ({ metadata, status }) => {
      return status?.observedGeneration === metadata.generation && status?.disruptionsAllowed === 0;
    });
    t.true(await isHeldBack(c, 'b'));
    t.true(isReady(await client.get(pods, c.at('b'), signal)));

    await client.delete(podDisruptionBudgets, c.at('budget'), signal);
    await eventually('an eviction that nothing holds back', async () => !(await isHeldBack(c, 'b')));
  },
);
