import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { createMetrics } from '#lib/metrics.ts';
import { createLoadCel } from '../cel/load-cel.ts';
import { createLab, framesOf, type Lab, take } from '../registry/testing.ts';
import { createCustomResources } from './custom-resources.ts';

const definitions = 'apiextensions.k8s.io/v1/customresourcedefinitions';
const tabs = 'example.com/v1/tabs';

function definitionWith(change: Record<string, unknown> = {}, versions?: readonly unknown[]) {
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: { size: { type: 'integer', maximum: 9, default: 1 }, mode: { type: 'string' } },
        },
        status: { type: 'object', properties: { ready: { type: 'boolean' } } },
      },
    },
  };
  const v1 = { name: 'v1', served: true, storage: true, schema, subresources: { status: {} } };
  return {
    metadata: { name: 'tabs.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'tabs', kind: 'Tab' },
      versions: versions?.map((version) => ({ ...v1, ...(version as object) })) ?? [v1],
      ...change,
    },
  };
}

async function labWith(definition?: object): Promise<{ readonly lab: Lab } & AsyncDisposable> {
  const lab = await createLab();
  const stop = new AbortController();
  const custom = createCustomResources({
    registry: lab.registry,
    loadCel: createLoadCel(createMetrics()),
    clock: createFakeClock(),
    log: createSilentLog(),
  });
  const running = custom.run(stop.signal);
  await custom.ready;
  if (definition !== undefined) {
    const made = await lab.ask('create', definitions, { body: definition });
    if (made.code !== 201) throw new Error(JSON.stringify(made.body));
    await until(() => lab.registry.extensions.resources.length > 0);
    await until(async () => {
      const { body } = await lab.ask('get', definitions, { name: 'tabs.example.com' });
      return body.status.conditions.some((one: { type: string }) => one.type === 'Established');
    });
  }
  return {
    lab,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running.catch(() => {});
      await lab[Symbol.asyncDispose]();
    },
  };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

function tab(spec: object, more: object = {}) {
  return { apiVersion: 'example.com/v1', kind: 'Tab', metadata: { name: 'a' }, spec, ...more };
}
const at = { namespace: 'default' };
const one = { ...at, name: 'a' };

test('A definition is accepted, and what it defines is served', async (t) => {
  await using setup = await labWith(definitionWith());
  const { lab } = setup;
  const { body: definition } = await lab.ask('get', definitions, { name: 'tabs.example.com' });
  t.deepEqual(definition.status.storedVersions, ['v1']);
  t.is(definition.status.acceptedNames.listKind, 'TabList');
  const made = await lab.ask('create', tabs, {
    ...at,
    body: tab({ mode: 'x', other: 1 }, { status: { ready: true } }),
  });
  t.is(made.code, 201);
  t.deepEqual(made.body.spec, { mode: 'x', size: 1 });
  t.is(made.body.status, undefined);
  t.is(made.body.metadata.generation, 1);
  const list = await lab.ask('list', tabs, at);
  t.is(list.body.kind, 'TabList');
  t.is(list.body.items[0].kind, 'Tab');
});

test('What a schema does not allow is refused', async (t) => {
  await using setup = await labWith(definitionWith());
  const { lab } = setup;
  const wrong = await lab.ask('create', tabs, { ...at, body: tab({ size: 10 }) });
  t.is(wrong.code, 422);
  t.is(
    wrong.body.message,
    'Tab.example.com "a" is invalid: spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9',
  );
  const strict = await lab.ask('create', tabs, { ...at, query: 'fieldValidation=Strict', body: tab({ x: 1 }) });
  t.regex(strict.body.message, /strict decoding error: unknown field "spec.x"/);
});

test('The status is changed by its subresource alone, and counts no generation', async (t) => {
  await using setup = await labWith(definitionWith());
  const { lab } = setup;
  await lab.ask('create', tabs, { ...at, body: tab({}) });
  const patched = await lab.ask('patch', tabs, { ...one, body: { spec: { size: 2 }, status: { ready: true } } });
  t.deepEqual([patched.body.metadata.generation, patched.body.status], [2, undefined]);
  const body = { metadata: { labels: { l: 'x' } }, spec: { size: 3 }, status: { ready: true } };
  const status = await lab.ask('patch', `${tabs}/status`, { ...one, body });
  t.deepEqual([status.body.metadata.generation, status.body.metadata.labels], [2, undefined]);
  t.deepEqual([status.body.spec.size, status.body.status], [2, { ready: true }]);
  const strategic = { ...one, body: {}, contentType: 'application/strategic-merge-patch+json' };
  const refused = await lab.ask('patch', tabs, strategic);
  t.is(refused.code, 415);
  t.regex(refused.body.message, /merge-patch\+json, application\/apply-patch\+yaml$/);
});

test('Versions show the same objects, and defaults reach what was stored before them', async (t) => {
  await using setup = await labWith(definitionWith({}, [{ name: 'v1' }, { name: 'v2', storage: false }]));
  const { lab } = setup;
  await lab.ask('create', tabs, { ...at, body: tab({}) });
  const other = await lab.ask('get', 'example.com/v2/tabs', one);
  t.is(other.body.apiVersion, 'example.com/v2');
  const path = '/spec/versions/1/schema/openAPIV3Schema/properties/spec/properties/mode/default';
  const both = [path, path.replace('/1/', '/0/')].map((path) => ({ op: 'add', path, value: 'm' }));
  const contentType = 'application/json-patch+json';
  await lab.ask('patch', definitions, { name: 'tabs.example.com', contentType, body: both });
  await until(async () => (await lab.ask('get', tabs, one)).body.spec.mode === 'm');
  t.is((await lab.ask('get', 'example.com/v2/tabs', one)).body.spec.mode, 'm');
});

test('Watches show custom resources', async (t) => {
  await using setup = await labWith(definitionWith());
  const { lab } = setup;
  const frames = framesOf(await lab.send('watch', tabs, at));
  await lab.ask('create', tabs, { ...at, body: tab({}) });
  const [frame] = await take(frames, 1);
  t.deepEqual([frame?.type, frame?.object.spec.size], ['ADDED', 1]);
});

test('A definition goes with its objects', async (t) => {
  await using setup = await labWith(definitionWith());
  const { lab } = setup;
  await lab.ask('create', tabs, { ...at, body: tab({}) });
  const { body } = await lab.ask('delete', definitions, { name: 'tabs.example.com' });
  t.deepEqual(body.metadata.finalizers, ['customresourcecleanup.apiextensions.k8s.io']);
  await until(async () => (await lab.ask('get', definitions, { name: 'tabs.example.com' })).code === 404);
  await until(() => lab.registry.resource('example.com', 'v1', 'tabs') === undefined);
  const { entries } = await lab.store.list({ prefix: '/registry/example.com/' }, new AbortController().signal);
  t.deepEqual(entries, []);
});

test('A name that another definition has is not accepted', async (t) => {
  await using setup = await labWith(definitionWith());
  const { lab } = setup;
  const other = definitionWith({ names: { plural: 'tables', kind: 'Tab', listKind: 'Tables' } });
  await lab.ask('create', definitions, { body: { ...other, metadata: { name: 'tables.example.com' } } });
  await until(async () => {
    const { body } = await lab.ask('get', definitions, { name: 'tables.example.com' });
    return body.status?.conditions?.some((one: { reason: string }) => one.reason === 'KindConflict');
  });
  t.is(lab.registry.resource('example.com', 'v1', 'tables'), undefined);
});
