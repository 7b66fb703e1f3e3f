import test from 'ava';
import { isMirrorOf, isStatic } from './annotations.ts';
import { podsOf } from './manifest.ts';

const facts = { nodeName: 'n1', source: 'file', from: '/m/a.yaml', nowMs: 0 } as const;
const manifest = (image: string) => `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: main, image: "${image}"}]}
`;

test('podsOf() makes the pod that the node runs', (t) => {
  const [pod] = podsOf(manifest('a:1'), facts);
  t.like(pod?.metadata, { name: 'web-n1', namespace: 'default' });
  t.regex(pod?.metadata.uid ?? '', /^[0-9a-f]{32}$/);
  t.is(pod?.metadata.annotations?.['kubernetes.io/config.hash'], pod?.metadata.uid);
  t.is(pod?.spec.nodeName, 'n1');
  t.is(pod?.spec.restartPolicy, 'Always');
  t.true(isStatic(pod!));
});
test('podsOf() makes another pod of another content or place, and the same of the same', (t) => {
  const uid = (image: string, from: string = facts.from) =>
    podsOf(manifest(image), { ...facts, from })[0]?.metadata.uid;
  t.is(uid('a:1'), uid('a:1'));
  t.not(uid('a:1'), uid('a:2'));
  t.not(uid('a:1'), uid('a:1', '/m/b.yaml'));
});
test('podsOf() reads lists', (t) => {
  const item = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    spec: { containers: [{ name: 'a', image: 'b' }] },
  };
  t.is(podsOf(JSON.stringify({ apiVersion: 'v1', kind: 'PodList', items: [item] }), facts).length, 1);
});
for (const [what, text, message] of [
  ['nothing', '', /no object/],
  ['another kind', 'kind: Service', /is a Service/],
  ['no name', 'kind: Pod', /no name/],
  ['no container', 'kind: Pod\nmetadata: {name: a}\nspec: {}', /containers/],
] as const) {
  test(`podsOf() refuses ${what}`, (t) => {
    t.throws(() => podsOf(text, facts), { message });
  });
}
test('isMirrorOf() goes by the hash', (t) => {
  const [pod] = podsOf(manifest('a:1'), facts);
  const mirror = (hash: string) => ({
    ...pod!,
    metadata: { ...pod!.metadata, annotations: { 'kubernetes.io/config.mirror': hash } },
  });
  t.true(isMirrorOf(mirror(pod!.metadata.uid!), pod!));
  t.false(isMirrorOf(mirror('other'), pod!));
  t.false(isMirrorOf(undefined, pod!));
});

const refuses = test.macro((t, spec: object, words: string) => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web' },
    spec: { containers: [{ name: 'a', image: 'a' }], ...spec },
  };
  t.throws(() => podsOf(JSON.stringify(pod), facts), { message: words });
});
const volume = (source: object) => ({ volumes: [{ name: 'v', ...source }] });
test(
  'podsOf() refuses a Secret',
  refuses,
  volume({ secret: { secretName: 's' } }),
  'static pods may not reference secrets',
);
test(
  'podsOf() refuses a ConfigMap',
  refuses,
  volume({ configMap: { name: 'c' } }),
  'static pods may not reference configmaps',
);
test(
  'podsOf() refuses a ServiceAccount',
  refuses,
  { serviceAccountName: 's' },
  'static pods may not reference serviceaccounts',
);
test(
  'podsOf() refuses a claim',
  refuses,
  volume({ persistentVolumeClaim: { claimName: 'c' } }),
  'static pods may not reference persistentvolumeclaims',
);
test(
  'podsOf() refuses a token',
  refuses,
  volume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }),
  'static pods may not reference serviceaccounts',
);
