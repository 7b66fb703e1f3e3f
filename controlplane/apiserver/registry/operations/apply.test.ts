import test from 'ava';
import { createLab, type Lab } from '../testing.ts';

const applyType = 'application/apply-patch+yaml';
const deployment = (spec: object = {}, template: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a' },
  spec: {
    selector: { matchLabels: { app: 'a' } },
    ...spec,
    template: {
      metadata: { labels: { app: 'a' } },
      spec: { containers: [{ name: 'c', image: 'i:1', ports: [{ containerPort: 80 }] }], ...template },
    },
  },
});
const apply = (it: Lab, body: unknown, manager: string, force = false, path = 'apps/v1/deployments') =>
  it.ask('patch', path, {
    namespace: 'x',
    name: 'a',
    body,
    contentType: applyType,
    query: `fieldManager=${manager}${force ? '&force=true' : ''}`,
  });
const patch = (it: Lab, body: unknown, manager: string, path = 'apps/v1/deployments') =>
  it.ask('patch', path, { namespace: 'x', name: 'a', body, query: `fieldManager=${manager}` });

test('apply makes what is not there, and owns what it says', async (t) => {
  await using it = await createLab();
  const { code, body } = await apply(it, deployment({ replicas: 3 }), 'me');
  t.is(code, 201, body.message);
  t.is(body.metadata.managedFields.length, 1);
  const [entry] = body.metadata.managedFields;
  t.like(entry, { manager: 'me', operation: 'Apply', apiVersion: 'apps/v1', fieldsType: 'FieldsV1' });
  t.deepEqual(entry.fieldsV1, {
    'f:spec': {
      'f:replicas': {},
      'f:selector': {},
      'f:template': {
        'f:metadata': { 'f:labels': { 'f:app': {} } },
        'f:spec': {
          'f:containers': {
            'k:{"name":"c"}': {
              '.': {},
              'f:image': {},
              'f:name': {},
              'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
            },
          },
        },
      },
    },
  });
});

test('a repeat changes nothing', async (t) => {
  await using it = await createLab();
  const first = await apply(it, deployment(), 'me');
  it.clock.advance(5000);
  const again = await apply(it, deployment(), 'me');
  t.is(again.code, 200);
  t.is(again.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
});

test('what others own is not taken without force', async (t) => {
  await using it = await createLab();
  await apply(it, deployment({ replicas: 1 }), 'me');
  const refused = await apply(it, deployment({ replicas: 2 }), 'you');
  t.is(refused.code, 409);
  t.is(refused.body.reason, 'Conflict');
  t.is(refused.body.message, 'Apply failed with 1 conflict: conflict with "me": .spec.replicas');
  t.deepEqual(refused.body.details.causes, [
    { reason: 'FieldManagerConflict', message: 'conflict with "me"', field: '.spec.replicas' },
  ]);
  const forced = await apply(it, deployment({ replicas: 2 }), 'you', true);
  t.is(forced.code, 200);
  t.is(forced.body.spec.replicas, 2);
  const mine = forced.body.metadata.managedFields.find(({ manager }: { manager: string }) => manager === 'me');
  t.is(mine.fieldsV1['f:spec']['f:replicas'], undefined);
});

test('what two say alike belongs to both, and stays until neither says it', async (t) => {
  await using it = await createLab();
  await apply(it, deployment({ replicas: 4 }), 'me');
  t.is((await apply(it, deployment({ replicas: 4 }), 'you')).code, 200);
  t.is((await apply(it, deployment(), 'me')).body.spec.replicas, 4);
  t.is((await apply(it, deployment(), 'you')).body.spec.replicas, 1);
});

test('an update takes fields, and an apply then conflicts with it', async (t) => {
  await using it = await createLab();
  await apply(it, deployment({ replicas: 1 }), 'me');
  const { body } = await patch(it, { spec: { replicas: 7 } }, 'scaler');
  const update = body.metadata.managedFields.find(({ manager }: { manager: string }) => manager === 'scaler');
  t.like(update, { operation: 'Update', fieldsV1: { 'f:spec': { 'f:replicas': {} } } });
  const refused = await apply(it, deployment({ replicas: 1 }), 'me');
  t.regex(
    refused.body.message,
    /^Apply failed with 1 conflict: conflict with "scaler" using apps\/v1 at .*: \.spec\.replicas$/,
  );
});

test('items of lists go with who applied them, others stay', async (t) => {
  await using it = await createLab();
  const container = (name: string) => ({ name, image: `${name}:1` });
  await apply(it, deployment({}, { containers: [container('c'), container('d')] }), 'me');
  t.is((await apply(it, deployment({}, { containers: [container('e')] }), 'you')).code, 200);
  const { body } = await apply(it, deployment({}, { containers: [container('c')] }), 'me');
  t.deepEqual(body.spec.template.spec.containers.map(({ name }: { name: string }) => name).sort(), ['c', 'e']);
});

test('labels go when they are applied no more', async (t) => {
  await using it = await createLab();
  const map = (labels: object, data: object) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', labels },
    data,
  });
  const path = 'v1/configmaps';
  await apply(it, map({ a: '1', b: '2' }, { k: 'v' }), 'me', false, path);
  await patch(it, { metadata: { labels: { c: '3' } } }, 'other', path);
  const { body } = await apply(it, map({ a: '1' }, { l: 'w' }), 'me', false, path);
  t.deepEqual(body.metadata.labels, { a: '1', c: '3' });
  t.deepEqual(body.data, { l: 'w' });
});

test("a created object is its maker's, and status is whose it is", async (t) => {
  await using it = await createLab();
  await it.ask('create', 'apps/v1/deployments', { namespace: 'x', body: deployment(), query: 'fieldManager=maker' });
  it.clock.advance(1000);
  await patch(it, { status: { replicas: 1 } }, 'controller', 'apps/v1/deployments/status');
  const { body } = await it.ask('get', 'apps/v1/deployments', { namespace: 'x', name: 'a' });
  const [own, status] = body.metadata.managedFields;
  t.like(own, { manager: 'maker', operation: 'Update' });
  t.deepEqual(own.fieldsV1['f:spec']['f:template']['f:metadata'], { 'f:labels': { '.': {}, 'f:app': {} } });
  t.like(status, { manager: 'controller', subresource: 'status', fieldsV1: { 'f:status': { 'f:replicas': {} } } });
});

test('status is applied on its own', async (t) => {
  await using it = await createLab();
  await apply(it, deployment(), 'me');
  const status = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, status: { replicas: 2 } };
  const { code, body } = await apply(it, status, 'controller', false, 'apps/v1/deployments/status');
  t.is(code, 200, body.message);
  t.is(body.status.replicas, 2);
  t.is(body.spec.template.spec.containers[0].image, 'i:1');
});

test("kubectl takes over what it applied on the client's side", async (t) => {
  await using it = await createLab();
  const annotations = {
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(deployment({ replicas: 1 })),
  };
  const old = deployment({ replicas: 1 });
  await it.ask('create', 'apps/v1/deployments', {
    namespace: 'x',
    body: { ...old, metadata: { name: 'a', annotations } },
    query: 'fieldManager=kubectl-client-side-apply',
  });
  t.is((await apply(it, deployment({ replicas: 2 }), 'other')).code, 409);
  await patch(it, { spec: { replicas: 5 } }, 'scaler');
  t.is((await apply(it, deployment({ replicas: 2 }), 'kubectl')).code, 409);
  await patch(it, { spec: { replicas: 1 } }, 'scaler');
  const { code, body } = await apply(it, deployment({ replicas: 2 }), 'kubectl');
  t.is(code, 200, body.message);
  t.is(body.spec.replicas, 2);
});

test('owners are taken away by an empty list', async (t) => {
  await using it = await createLab();
  await apply(it, deployment(), 'me');
  const { body } = await patch(it, { metadata: { managedFields: [{}] } }, 'me');
  t.is(body.metadata.managedFields, undefined);
});

test('an apply says who and what', async (t) => {
  await using it = await createLab();
  const nobody = await it.ask('patch', 'apps/v1/deployments', {
    namespace: 'x',
    name: 'a',
    body: deployment(),
    contentType: applyType,
  });
  t.is(nobody.code, 422);
  t.regex(nobody.body.message, /fieldManager: Required value: is required for apply patch/);
  const owners = { ...deployment(), metadata: { name: 'a', managedFields: [{ manager: 'x' }] } };
  t.is((await apply(it, owners, 'me')).body.message, 'metadata.managedFields must be nil');
  t.is((await apply(it, 'spec: [', 'me')).code, 400);
});

test('a scale is applied on its own', async (t) => {
  await using it = await createLab();
  await apply(it, deployment({ replicas: 1 }), 'me');
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'a' }, spec: { replicas: 5 } };
  const path = 'apps/v1/deployments/scale';
  const refused = await apply(it, scale, 'scaler', false, path);
  t.is(refused.body.message, 'Apply failed with 1 conflict: conflict with "me": .spec.replicas');
  const { code, body } = await apply(it, scale, 'scaler', true, path);
  t.is(code, 200, body.message);
  t.is(body.spec.replicas, 5);
  const { metadata } = (await it.ask('get', 'apps/v1/deployments', { namespace: 'x', name: 'a' })).body;
  const entry = metadata.managedFields.find(({ manager }: { manager: string }) => manager === 'scaler');
  t.like(entry, { operation: 'Apply', subresource: 'scale', fieldsV1: { 'f:spec': { 'f:replicas': {} } } });
});
