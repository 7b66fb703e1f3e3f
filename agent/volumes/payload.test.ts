import test from 'ava';
import type { Pod, Volume } from '#lib/api/types/core.v1.ts';
import { certificateKey, type PayloadFacts, payloadNeeds, planPayload } from './payload.ts';

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
  trustBundles: [],
  certificates: new Map(),
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

const wish = {
  signerName: 'a.test/x',
  keyType: 'ED25519',
  credentialBundlePath: 'both',
  keyPath: 'key',
  certificateChainPath: 'chain',
};
test(
  'writes key and chain of a certificate where they are wanted',
  holds,
  { projected: { sources: [{ podCertificate: { ...wish, user: 7 } }] } },
  { both: 'KEYCHAIN 600:7', key: 'KEY 600:7', chain: 'CHAIN 600:7' },
  { certificates: new Map([[certificateKey(wish), { key: 'KEY', chain: 'CHAIN' }]]) },
);
const block = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
const bundle = (name: string, trustBundle: string, labels = {}) =>
  ({ metadata: { name, labels }, spec: { signerName: name.includes(':') ? 'a.test/x' : '', trustBundle } }) as const;
const trustBundles = [
  bundle('plain', `a comment\n${block('AAAA')}`),
  bundle('a.test:x:one', block('BBBB'), { live: 'yes' }),
  bundle('a.test:x:two', `${block('CCCC')}${block('BBBB')}`),
];
const trust = (source: object): Omit<Volume, 'name'> => ({
  projected: { sources: [{ clusterTrustBundle: { path: 'ca', ...source } }] },
});
test('takes a trust bundle by name', holds, trust({ name: 'plain' }), { ca: `${block('AAAA')} 644` }, { trustBundles });
test(
  'takes all of a signer, each anchor once',
  holds,
  trust({ signerName: 'a.test/x', labelSelector: {} }),
  { ca: `${block('BBBB')}${block('CCCC')} 644` },
  { trustBundles },
);
test(
  'takes those of a signer by their labels',
  holds,
  trust({ signerName: 'a.test/x', labelSelector: { matchLabels: { live: 'yes' } } }),
  { ca: `${block('BBBB')} 644` },
  { trustBundles },
);
test(
  'leaves an optional bundle empty',
  holds,
  trust({ name: 'none', optional: true }),
  { ca: ' 644' },
  { trustBundles },
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
test(refuses, trust({ name: 'none' }), 'clustertrustbundles.certificates.k8s.io "none" not found');
test(
  refuses,
  trust({ signerName: 'a.test/x' }),
  'combination of signerName and labelSelector matched zero ClusterTrustBundles',
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
    hasTrustBundles: false,
    certificates: [],
  });
});
