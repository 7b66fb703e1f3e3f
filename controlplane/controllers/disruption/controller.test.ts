import test from 'ava';
import type { Resource } from '#lib/api/resource.ts';
import { customResourceDefinitions, events, jobs, podDisruptionBudgets, pods } from '#lib/api/resources.ts';
import type { PodDisruptionBudget } from '#lib/api/types/policy.v1.ts';
import { hasReason } from '#lib/errors.ts';
import { createKinds } from '../shared/kinds.ts';
import { startTestControllers, type TestControllers } from '../testing.ts';
import { runDisruption } from './controller.ts';

const namespace = 'default';
let world: TestControllers;
test.before(async () => {
  world = await startTestControllers();
  world.start('disruption-controller', (context, signal) =>
    runDisruption(createKinds(context.informers), context, signal),
  );
});
test.after.always(() => world.close());

async function makePod(app: string, owner?: { readonly kind: string; readonly apiVersion: string }, uid = '') {
  const ownerReferences = owner && [{ ...owner, name: app, uid, controller: true }];
  const metadata = { name: app, namespace, labels: { app }, ...(ownerReferences && { ownerReferences }) };
  const spec = { containers: [{ name: 'c', image: 'i' }] };
  await world.client.create(pods, { metadata, spec } as never, world.signal);
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  const change = { type: 'strategic', body: { status } } as const;
  await world.client.patch(pods, { namespace, name: app }, change, world.signal, { subresource: 'status' });
}

async function makeBudget(name: string, app: string, spec: object): Promise<void> {
  const selector = { matchLabels: { app } };
  const budget = { metadata: { name, namespace }, spec: { selector, ...spec } };
  await world.client.create(podDisruptionBudgets, budget as never, world.signal);
}

/** The message of the first Event with that reason about the object named `name`. */
async function told(name: string, reason: string): Promise<string> {
  const fieldSelector = `involvedObject.name=${name},reason=${reason}`;
  return await world.until(async () => {
    const { items } = await world.client.list(events, { namespace, fieldSelector }, world.signal);
    return items[0] && `${items[0].type} ${items[0].message} (${items[0].source?.component})`;
  });
}

async function statusOf(name: string, isAsWanted: (status: NonNullable<PodDisruptionBudget['status']>) => boolean) {
  return await world.until(async () => {
    const { status } = await world.client.get(podDisruptionBudgets, { namespace, name }, world.signal);
    return status !== undefined && isAsWanted(status) ? status : undefined;
  });
}

test('a budget without pods says so', async (t) => {
  await makeBudget('none', 'none', { minAvailable: 1 });
  t.is(await told('none', 'NoPods'), 'Normal No matching pods found (controllermanager)');
});

test('a share of pods that nobody controls cannot be told', async (t) => {
  await makePod('alone');
  await makeBudget('alone', 'alone', { maxUnavailable: 1 });
  t.regex(
    await told('alone', 'UnmanagedPods'),
    /\(selector: &LabelSelector\{MatchLabels:map\[string\]string\{app: alone,\},MatchExpressions:\[\]LabelSelectorRequirement\{\},\}\)/,
  );
});

test('where an owner has no size nobody may go', async (t) => {
  const { client, signal } = world;
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } };
  const job = await client.create(jobs, { metadata: { name: 'work', namespace }, spec: { template } } as never, signal);
  await makePod('work', { kind: 'Job', apiVersion: 'batch/v1' }, job.metadata.uid);
  await makeBudget('work', 'work', { maxUnavailable: 1 });
  const why = 'jobs.batch does not implement the scale subresource';
  t.is(
    await told('work', 'CalculateExpectedPodCountFailed'),
    `Warning Failed to calculate the number of expected pods: ${why} (controllermanager)`,
  );
  const status = await statusOf('work', ({ conditions }) => conditions?.[0]?.reason === 'SyncFailed');
  t.like(status, { disruptionsAllowed: 0, conditions: [{ status: 'False', message: why }] });
  await makePod('lost', { kind: 'ReplicaSet', apiVersion: 'apps/v1' }, 'gone');
  await makeBudget('lost', 'lost', { maxUnavailable: 1 });
  t.regex(await told('lost', 'CalculateExpectedPodCountFailed'), /found no controllers for pod "lost"/);
});

test('an owner of whatever kind is asked for its scale', async (t) => {
  const { client, signal, until } = world;
  const widgets = {
    group: 'example.com',
    version: 'v1',
    kind: 'Widget',
    plural: 'widgets',
    isNamespaced: true,
  } as const;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const scale = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' };
  const version = { name: 'v1', served: true, storage: true, schema, subresources: { scale } };
  const names = { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' };
  const definition = { group: 'example.com', scope: 'Namespaced', names, versions: [version] };
  const metadata = { name: 'widgets.example.com' };
  await client.create(customResourceDefinitions, { metadata, spec: definition } as never, signal);
  const resource = widgets as unknown as Resource<typeof definition & { readonly metadata: { readonly name: string } }>;
  const draft = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'wide', namespace },
    spec: { replicas: 5 },
  };
  const made = await until(() =>
    client.create(resource, draft as never, signal).catch((error) => {
      if (hasReason(error, 'NotFound')) return undefined; // not served yet
      throw error;
    }),
  );
  await makePod('wide', { kind: 'Widget', apiVersion: 'example.com/v1' }, (made.metadata as { uid?: string }).uid);
  await makeBudget('wide', 'wide', { maxUnavailable: '40%' });
  const status = await statusOf('wide', ({ expectedPods }) => expectedPods === 5);
  t.like(status, { desiredHealthy: 3, currentHealthy: 1, disruptionsAllowed: 0 });
});

test('a pod of several budgets is told', async (t) => {
  for (const name of ['one', 'two']) await makeBudget(name, 'shared', { minAvailable: 0 });
  for (const name of ['one', 'two']) await told(name, 'NoPods');
  await makePod('shared');
  t.regex(await told('shared', 'MultiplePodDisruptionBudgets'), /^Warning Pod "default"\/"shared" matches multiple/);
});
