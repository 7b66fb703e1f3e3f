import test from 'ava';
import type { Pod, Volume } from '#lib/api/types/core.v1.ts';
import { type PayloadFacts, payloadNeeds, planPayload } from './payload.ts';

const pod = {
  metadata: { name: 'web-0', namespace: 'shop', uid: 'u-1', labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', resources: { limits: { cpu: '500m' } } }] },
  status: {},
} as unknown as Pod;
const facts: PayloadFacts = {
  pod,
  podIPs: [],
  hostIPs: [],
  allocatable: { cpu: '2', memory: '1Gi' },
  configMaps: new Map([
    ['settings', { metadata: { name: 'settings' }, data: { a: 'A', b: 'B' }, binaryData: { raw: 'AAH/' } }],
  ]),
  secrets: new Map([['keys', { metadata: { name: 'keys' }, data: { token: btoa('s3cret') } }]]),
  tokens: new Map([
    ['3600/', 'plain-token'],
    ['600/vault', 'vault-token'],
  ]),
};

const holds = test.macro<[Omit<Volume, 'name'>, Readonly<Record<string, string>>, Partial<PayloadFacts>?]>({
  title: (title) => `planPayload() ${title}`,
  exec(t, source, expected, more = {}) {
    const files = planPayload({ name: 'v', ...source }, { ...facts, ...more });
    const shown = [...files].map(([path, { data, mode, user }]) => {
      const owner = user === undefined ? '' : `:${user}`;
      return [path, `${Buffer.from(data).toString('latin1')} ${mode.toString(8)}${owner}`];
    });
    t.deepEqual(Object.fromEntries(shown), expected);
  },
});

test(
  'takes every key of a ConfigMap',
  holds,
  { configMap: { name: 'settings' } },
  {
    a: 'A 644',
    b: 'B 644',
    raw: '\0\x01\xff 644',
  },
);
test(
  'takes the items asked for, with their modes',
  holds,
  {
    configMap: {
      name: 'settings',
      defaultMode: 0o400,
      items: [
        { key: 'a', path: 'dir/one' },
        { key: 'b', path: 'two', mode: 0o777 },
      ],
    },
  },
  { 'dir/one': 'A 400', two: 'B 777' },
);
test('is empty for what is optional and absent', holds, { secret: { secretName: 'none', optional: true } }, {});
test(
  'merges the sources of a projected volume',
  holds,
  {
    projected: {
      sources: [
        { serviceAccountToken: { path: 'token' } },
        { serviceAccountToken: { path: 'vault', audience: 'vault', expirationSeconds: 600 } },
        { configMap: { name: 'settings', items: [{ key: 'a', path: 'a' }] } },
        { secret: { name: 'keys' } },
        {
          downwardAPI: {
            items: [
              { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
              { path: 'cpu', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1m' } },
            ],
          },
        },
      ],
    },
  },
  {
    token: 's3cret 644',
    vault: 'vault-token 644',
    a: 'A 644',
    labels: 'app="web" 644',
    cpu: '500 644',
  },
);
test(
  'gives a token to the one user of the pod',
  holds,
  { projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
  { token: 'plain-token 600:1000' },
  { pod: { ...pod, spec: { ...pod.spec, securityContext: { runAsUser: 1000 } } } },
);

const refuses = test.macro<[Omit<Volume, 'name'>, string]>({
  title: (_title, _source, message) => `planPayload() refuses with: ${message}`,
  exec(t, source, message) {
    t.throws(() => planPayload({ name: 'v', ...source }, facts), { instanceOf: RangeError, message });
  },
});
test(refuses, { configMap: { name: 'none' } }, 'configmap "none" not found');
test(refuses, { secret: { secretName: 'none' } }, 'secret "none" not found');
test(
  refuses,
  { configMap: { name: 'settings', items: [{ key: 'k', path: 'p' }] } },
  'references non-existent config key: k',
);
test(
  refuses,
  { secret: { secretName: 'keys', items: [{ key: 'k', path: 'p' }] } },
  'references non-existent secret key: k',
);
for (const path of ['../up', '/abs', 'a/../b', '..data', 'a//b', '']) {
  test(
    refuses,
    { configMap: { name: 'settings', items: [{ key: 'a', path }] } },
    `invalid path: ${JSON.stringify(path)}`,
  );
}

test('payloadNeeds() names what must be looked up', (t) => {
  const sources = [
    { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
    { configMap: { name: 'kube-root-ca.crt' } },
    { secret: { name: 'keys' } },
  ];
  t.deepEqual(payloadNeeds({ name: 'v', projected: { sources } }), {
    configMaps: ['kube-root-ca.crt'],
    secrets: ['keys'],
    tokens: [{ audience: '', expirationSeconds: 3607 }],
  });
});
