import test from 'ava';
import { typeOfKind } from '../schema.ts';
import { applyStrategicPatch } from './strategic.ts';

const pod = typeOfKind('', 'v1', 'Pod')!;
const deployment = typeOfKind('apps', 'v1', 'Deployment')!;
const base = {
  metadata: { name: 'a', labels: { x: '1', y: '2' }, finalizers: ['a/b', 'c/d'] },
  spec: {
    containers: [
      { name: 'one', image: 'i:1', args: ['p', 'q'], ports: [{ containerPort: 80, protocol: 'TCP' }] },
      { name: 'two', image: 'i:2' },
      { name: 'three', image: 'i:3' },
    ],
    tolerations: [{ key: 'k' }],
    volumes: [{ name: 'v', emptyDir: {} }],
  },
};

const patches = test.macro<
  [unknown, (t: { spec: Record<string, unknown>; metadata: Record<string, unknown> }) => unknown, unknown]
>({
  title: (title) => `applyStrategicPatch() ${title}`,
  exec: (t, patch, look, expected) => {
    const before = structuredClone(base);
    const result = applyStrategicPatch(base, patch, pod) as Parameters<typeof look>[0];
    t.deepEqual(look(result), expected);
    t.deepEqual(base, before);
  },
});
const names = (result: { spec: Record<string, unknown> }) =>
  (result.spec['containers'] as { name: string }[]).map(({ name }) => name);

test(
  'merges maps and deletes null',
  patches,
  { metadata: { labels: { x: null, z: '3' } } },
  (r) => r.metadata['labels'],
  { y: '2', z: '3' },
);
test(
  'merges items by their key',
  patches,
  { spec: { containers: [{ name: 'two', image: 'new' }] } },
  (r) => (r.spec['containers'] as unknown[])[1],
  { name: 'two', image: 'new' },
);
test(
  'adds an item without its nulls',
  patches,
  { spec: { containers: [{ name: 'four', image: 'i', command: null }] } },
  (r) => (r.spec['containers'] as unknown[]).find((c) => (c as { name: string }).name === 'four'),
  { name: 'four', image: 'i' },
);
test('deletes an item', patches, { spec: { containers: [{ name: 'two', $patch: 'delete' }] } }, names, [
  'one',
  'three',
]);
test('replaces a whole list', patches, { spec: { containers: [{ name: 'x' }, { $patch: 'replace' }] } }, names, ['x']);
test('replaces a whole map', patches, { metadata: { $patch: 'replace', name: 'a' } }, (r) => r.metadata, { name: 'a' });
test(
  'orders items',
  patches,
  { spec: { '$setElementOrder/containers': [{ name: 'three' }, { name: 'one' }] } },
  names,
  ['two', 'three', 'one'],
);
test(
  'orders items and merges them',
  patches,
  {
    spec: {
      '$setElementOrder/containers': [{ name: 'new' }, { name: 'one' }, { name: 'two' }, { name: 'three' }],
      containers: [{ name: 'new' }],
    },
  },
  names,
  ['new', 'one', 'two', 'three'],
);
test('replaces an atomic list', patches, { spec: { tolerations: [{ key: 'z' }] } }, (r) => r.spec['tolerations'], [
  { key: 'z' },
]);
test(
  'replaces a list of scalars without a strategy',
  patches,
  { spec: { containers: [{ name: 'one', args: ['r'] }] } },
  (r) => (r.spec['containers'] as { args?: unknown }[])[0]!.args,
  ['r'],
);
test(
  'merges a set of scalars',
  patches,
  { metadata: { finalizers: ['e/f', 'a/b'] } },
  (r) => [...(r.metadata['finalizers'] as string[])].sort(),
  ['a/b', 'c/d', 'e/f'],
);
test(
  'deletes from a set of scalars',
  patches,
  { metadata: { '$deleteFromPrimitiveList/finalizers': ['a/b'] } },
  (r) => r.metadata['finalizers'],
  ['c/d'],
);
test(
  'orders a set of scalars',
  patches,
  { metadata: { '$setElementOrder/finalizers': ['c/d', 'a/b'] } },
  (r) => r.metadata['finalizers'],
  ['c/d', 'a/b'],
);
test(
  'retains keys',
  patches,
  { spec: { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] } },
  (r) => r.spec['volumes'],
  [{ name: 'v', hostPath: { path: '/x' } }],
);
test(
  'merges values of a map by any key',
  patches,
  { spec: { containers: [{ name: 'one', resources: { limits: { cpu: '1' } } }] } },
  (r) => (r.spec['containers'] as { resources?: unknown }[])[0]!.resources,
  { limits: { cpu: '1' } },
);
test(
  'drops directives where nothing stood',
  patches,
  { spec: { initContainers: [{ name: 'i', '$setElementOrder/env': [], env: [{ name: 'E', $patch: 'delete' }] }] } },
  (r) => r.spec['initContainers'],
  [{ name: 'i', env: [] }],
);

test('applyStrategicPatch() leaves prototypes alone', (t) => {
  const patch = JSON.parse('{"metadata":{"labels":{"__proto__":"x"}},"__proto__":{"polluted":true}}');
  const result = applyStrategicPatch(base, patch, pod) as { metadata: { labels: object } };
  t.true(Object.hasOwn(result.metadata.labels, '__proto__'));
  t.is(({} as { polluted?: boolean }).polluted, undefined);
});

test('applyStrategicPatch() merges strategy from a list of strategies', (t) => {
  const before = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } };
  const patch = { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } };
  t.deepEqual(applyStrategicPatch(before, patch, deployment), { spec: { strategy: { type: 'Recreate' } } });
});

const refuses = test.macro<[unknown]>({
  title: (title) => `applyStrategicPatch() refuses ${title}`,
  exec: (t, patch) => {
    t.like(
      t.throws(() => applyStrategicPatch(base, patch, pod)),
      { reason: 'BadRequest' },
    );
  },
});
test('a list', refuses, []);
test('an unknown directive', refuses, { metadata: { $patch: 'x' } });
test('an item without its key', refuses, { spec: { containers: [{ image: 'x' }] } });
test('an order that contradicts the list', refuses, {
  spec: { '$setElementOrder/containers': [{ name: 'b' }], containers: [{ name: 'a' }] },
});
test('keys beside the retained ones', refuses, {
  spec: { volumes: [{ name: 'v', $retainKeys: ['name'], hostPath: {} }] },
});
