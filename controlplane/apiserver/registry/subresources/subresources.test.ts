import test from 'ava';
import { createLab, type Lab } from '../testing.ts';

const at = (name: string) => ({ namespace: 'default', name });
const pod = (name: string, spec: object = {}) => ({
  metadata: { name, labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});
const make = (it: Lab, path: string, body: unknown) => it.ask('create', path, { namespace: 'default', body });
const bindTo = (node: string, name = 'p') => ({ metadata: { name }, target: { kind: 'Node', name: node } });

test('binding gives a pod its node once', async (t) => {
  await using it = await createLab();
  await make(it, 'v1/pods', pod('p'));
  const bind = (body: unknown) => it.ask('create', 'v1/pods/binding', { ...at('p'), body });
  t.is((await bind({ metadata: { name: 'p' }, target: { kind: 'Pod', name: 'x' } })).code, 422);
  t.is((await bind({ metadata: { name: 'p' }, target: { kind: 'Node', name: '_' } })).code, 422);
  const bound = await bind(bindTo('n1'));
  t.is(bound.code, 201);
  t.like(bound.body, { kind: 'Status', status: 'Success', code: 201 });
  const { body } = await it.ask('get', 'v1/pods', at('p'));
  t.is(body.spec.nodeName, 'n1');
  t.like(body.status.conditions[0], { type: 'PodScheduled', status: 'True' });
  const again = await bind(bindTo('n2'));
  t.is(again.code, 409);
  t.is(again.body.message, 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"');
  await make(it, 'v1/pods', pod('q'));
  t.is((await make(it, 'v1/bindings', bindTo('n1', 'q'))).code, 201);
});

test('status changes status only, and the object changes all but status', async (t) => {
  await using it = await createLab();
  await make(it, 'v1/pods', pod('p'));
  const { body } = await it.ask('patch', 'v1/pods/status', {
    ...at('p'),
    body: { status: { phase: 'Running' }, spec: { nodeName: 'x' } },
  });
  t.is(body.status.phase, 'Running');
  t.is(body.spec.nodeName, undefined);
  const { body: main } = await it.ask('patch', 'v1/pods', {
    ...at('p'),
    body: { status: { phase: 'Failed' }, metadata: { labels: { b: 'c' } } },
  });
  t.is(main.status.phase, 'Running');
  t.is(main.metadata.labels.b, 'c');
});

test('a pod on a node goes gracefully, and at once when told so', async (t) => {
  await using it = await createLab();
  await make(it, 'v1/pods', pod('p'));
  await it.ask('create', 'v1/pods/binding', { ...at('p'), body: bindTo('n1') });
  const first = await it.ask('delete', 'v1/pods', at('p'));
  t.is(first.code, 200);
  t.like(first.body.metadata, { deletionTimestamp: '2026-01-01T00:00:30Z', deletionGracePeriodSeconds: 30 });
  const longer = await it.ask('delete', 'v1/pods', { ...at('p'), body: { gracePeriodSeconds: 60 } });
  t.is(longer.body.metadata.deletionGracePeriodSeconds, 30);
  const shorter = await it.ask('delete', 'v1/pods', { ...at('p'), body: { gracePeriodSeconds: 5 } });
  t.like(shorter.body.metadata, { deletionTimestamp: '2026-01-01T00:00:05Z', deletionGracePeriodSeconds: 5 });
  t.is((await it.ask('delete', 'v1/pods', { ...at('p'), body: { gracePeriodSeconds: 0 } })).code, 200);
  t.is((await it.ask('get', 'v1/pods', at('p'))).code, 404);
  await make(it, 'v1/pods', pod('q'));
  t.is((await it.ask('delete', 'v1/pods', at('q'))).body.kind, 'Pod', 'not on a node: gone at once');
  t.is((await it.ask('get', 'v1/pods', at('q'))).code, 404);
});

test('scale is read and written, with its own version check', async (t) => {
  await using it = await createLab();
  const template = { metadata: { labels: { app: 'a' } }, spec: pod('').spec };
  const spec = { replicas: 2, selector: { matchLabels: { app: 'a' } }, template };
  const made = await make(it, 'apps/v1/deployments', { metadata: { name: 'd' }, spec });
  t.is(made.code, 201, made.body.message);
  const { body: scale } = await it.ask('get', 'apps/v1/deployments/scale', at('d'));
  t.like(scale, { kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 2 } });
  t.is(scale.status.selector, 'app=a');
  const { body: table } = await it.ask('get', 'apps/v1/deployments/scale', { ...at('d'), form: { as: 'table' } });
  t.deepEqual(
    table.columnDefinitions.map(({ name }: { name: string }) => name),
    ['Name', 'Desired', 'Available', 'Age'],
  );
  t.deepEqual(table.rows[0].cells.slice(0, 3), ['d', 2, 0]);
  const up = await it.ask('update', 'apps/v1/deployments/scale', {
    ...at('d'),
    body: { ...scale, spec: { replicas: 5 } },
  });
  t.is(up.body.spec.replicas, 5);
  const stale = await it.ask('update', 'apps/v1/deployments/scale', {
    ...at('d'),
    body: { ...scale, spec: { replicas: 9 } },
  });
  t.is(stale.code, 409);
  const patched = await it.ask('patch', 'apps/v1/deployments/scale', { ...at('d'), body: { spec: { replicas: 1 } } });
  t.is(patched.body.spec.replicas, 1);
  t.is(
    (await it.ask('patch', 'apps/v1/deployments/scale', { ...at('d'), body: { spec: { replicas: -1 } } })).code,
    422,
  );
  const { body } = await it.ask('get', 'apps/v1/deployments', at('d'));
  t.is(body.spec.replicas, 1);
  t.is(body.metadata.generation, 3);
});

test('an eviction takes from the budget, and is refused when it is used up', async (t) => {
  await using it = await createLab();
  for (const name of ['p', 'q']) {
    await make(it, 'v1/pods', pod(name));
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    await it.ask('patch', 'v1/pods/status', { ...at(name), body: { status } });
  }
  await make(it, 'policy/v1/poddisruptionbudgets', {
    metadata: { name: 'b' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'a' } } },
  });
  const status = {
    disruptionsAllowed: 1,
    currentHealthy: 2,
    desiredHealthy: 1,
    expectedPods: 2,
    observedGeneration: 1,
  };
  await it.ask('patch', 'policy/v1/poddisruptionbudgets/status', { ...at('b'), body: { status } });
  const evict = (name: string) =>
    it.ask('create', 'v1/pods/eviction', {
      ...at(name),
      body: { kind: 'Eviction', apiVersion: 'policy/v1', metadata: { name } },
    });
  const first = await evict('p');
  t.is(first.code, 201, first.body.message);
  t.is((await it.ask('get', 'v1/pods', at('p'))).code, 404);
  const second = await evict('q');
  t.is(second.code, 429);
  t.is(second.body.details.causes[0].reason, 'DisruptionBudget');
  t.is((await evict('none')).code, 404);
});

test('ephemeral containers are added, and stay as they are', async (t) => {
  await using it = await createLab();
  await make(it, 'v1/pods', pod('p', { volumes: [{ name: 'v' }] }));
  const add = (ephemeralContainers: unknown) =>
    it.ask('patch', 'v1/pods/ephemeralcontainers', { ...at('p'), body: { spec: { ephemeralContainers } } });
  const volumeMounts = [{ name: 'v', mountPath: '/v', bindMountOptions: ['noexec'] }]; // of a feature that is off
  const debug = { name: 'debug', image: 'i', volumeMounts };
  const added = await add([debug]);
  t.is(added.code, 200, added.body.message);
  t.is(added.body.spec.ephemeralContainers[0].name, 'debug');
  t.deepEqual(added.body.spec.ephemeralContainers[0].volumeMounts, [{ name: 'v', mountPath: '/v' }]);
  t.is((await add([])).code, 422);
});

test('subresources that are none are not found, verbs that are none not allowed', async (t) => {
  await using it = await createLab();
  await make(it, 'v1/configmaps', { metadata: { name: 'a' } });
  t.is((await it.ask('get', 'v1/configmaps/status', at('a'))).code, 404);
  t.is((await it.ask('delete', 'v1/pods/status', at('a'))).code, 405);
  t.is((await it.ask('deletecollection', 'v1/namespaces', {})).code, 405);
});
