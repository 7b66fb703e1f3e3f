// ClusterTrustBundles: objects, and what projected volumes make of them.
import { createHash } from 'node:crypto';
import { clusterTrustBundles, pods } from '#lib/api/resources.ts';
import type { ClusterTrustBundleProjection, Pod } from '#lib/api/types/core.v1.ts';
import { createAuthority } from '#lib/pki/certificate.ts';
import { supportsOperations } from './support/api-operations.ts';
import { createPod, logOf, shell } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';

/** What tells certificates apart, whatever their order, and how often they stand there. */
function certificatesIn(text: string): readonly string[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return [...new Set(found.map((one) => createHash('sha256').update(one.replaceAll(/\s/g, '')).digest('hex')))].sort();
}

const newCertificate = async (c: Case, name: string) => (await createAuthority(`${name}-${c.id}`, Date.now())).cert;

interface Bundle {
  readonly signerName?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A bundle of one new certificate, until the spec ends. */
async function bundle(c: Case, name: string, { signerName, labels = {} }: Bundle = {}): Promise<string> {
  const trustBundle = await newCertificate(c, name);
  const full = `${signerName === undefined ? '' : `${signerName.replaceAll('/', ':')}:`}${name}-${c.id}`;
  const wish = signerName === undefined ? { trustBundle } : { signerName, trustBundle };
  await c.client.create(clusterTrustBundles, { metadata: { name: full, labels }, spec: wish }, c.signal);
  c.defer(() => c.client.delete(clusterTrustBundles, { name: full }, AbortSignal.timeout(10_000)));
  return trustBundle;
}

function mounting(c: Case, name: string, ...volumes: readonly ClusterTrustBundleProjection[]): Promise<Pod> {
  const container = shell('cat /bundles/*/*', {
    volumeMounts: volumes.map((_, index) => ({ name: `bundle${index}`, mountPath: `/bundles/${index}` })),
  });
  return createPod(c, name, {
    restartPolicy: 'Never',
    containers: [container],
    volumes: volumes.map((clusterTrustBundle, index) => {
      return { name: `bundle${index}`, projected: { sources: [{ clusterTrustBundle }] } };
    }),
  });
}

async function mounted(c: Case, ...volumes: readonly ClusterTrustBundleProjection[]): Promise<readonly string[]> {
  await mounting(c, 'reader', ...volumes);
  await c.when(pods, 'reader', 'done', ({ status }) => status.phase === 'Succeeded', 90_000);
  return certificatesIn(await logOf(c, 'reader'));
}

/** Stays Pending, with an Event that says which volume could not be set up. */
async function neverStarts(c: Case, volume: ClusterTrustBundleProjection): Promise<void> {
  await mounting(c, 'waits', volume);
  const path = `/api/v1/namespaces/${c.namespace}/events`;
  await c.when(
    pods,
    'waits',
    'a node',
    ({ spec, status }) => spec.nodeName !== undefined && status.startTime !== undefined,
  );
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { items } = (await c.client.raw('GET', path, c.signal)) as {
      readonly items: readonly { readonly reason?: string }[];
    };
    if (items.some(({ reason }) => reason === 'FailedMount')) break;
    if (Date.now() > deadline) throw new Error(`No Event FailedMount: ${JSON.stringify(items)}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  c.t.is((await c.client.get(pods, c.at('waits'), c.signal)).status.phase, 'Pending');
}

const path = 'trust-bundle.crt';
const signers = (c: Case) => ({ one: `test.test/signer-one-${c.id}`, two: `test.test/signer-two-${c.id}` });

async function labelled(c: Case): Promise<{ readonly live: readonly string[]; readonly dead: string }> {
  const { one, two } = signers(c);
  const first = await bundle(c, 'first', { signerName: one, labels: { 'signer.alive': 'true' } });
  const second = await bundle(c, 'second', { signerName: one, labels: { 'signer.alive': 'true' } });
  const dead = await bundle(c, 'third', { signerName: one, labels: { 'signer.alive': 'false' } });
  await bundle(c, 'other', { signerName: two, labels: { 'signer.alive': 'true' } });
  return { live: [first, second], dead };
}

spec(
  '[sig-auth] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] CRUD Tests certificates.k8s.io/v1 ClusterTrustBundles [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => {
    const certificates = await Promise.all(['a', 'b', 'c', 'd'].map((name) => newCertificate(c, name)));
    await supportsOperations(c, clusterTrustBundles, {
      draft: (index) => ({ metadata: {}, spec: { trustBundle: certificates[index]! } }),
      change: (object) => ({ ...object, spec: { ...object.spec, trustBundle: certificates[0]! } }),
    });
  },
);

spec(
  '[sig-auth] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] should be able to mount a single ClusterTrustBundle by name [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => {
    const one = await bundle(c, 'one');
    await bundle(c, 'two');
    c.t.deepEqual(await mounted(c, { name: `one-${c.id}`, path }), certificatesIn(one));
  },
);

spec(
  '[sig-auth] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] should be able to specify multiple CTB volumes [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => {
    const one = await bundle(c, 'one');
    const two = await bundle(c, 'two');
    const both = await mounted(c, { name: `one-${c.id}`, path }, { name: `two-${c.id}`, path });
    c.t.deepEqual(both, certificatesIn(one + two));
  },
);

spec(
  '[sig-auth] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] should be able to mount a big number (>100) of CTBs [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => {
    const signerName = signers(c).one;
    let all = '';
    for (let index = 0; index < 101; index += 1) all += await bundle(c, `number-${index}`, { signerName });
    const found = await mounted(c, { signerName, labelSelector: {}, path });
    c.t.is(found.length, 101);
    c.t.deepEqual(found, certificatesIn(all));
  },
);

spec(
  '[sig-auth] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] should be capable to mount multiple trust bundles by signer+labels can combine all signer CTBs with an empty label selector [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => {
    const { live, dead } = await labelled(c);
    const found = await mounted(c, { signerName: signers(c).one, labelSelector: {}, path });
    c.t.deepEqual(found, certificatesIn(live.join('') + dead));
  },
);

spec(
  '[sig-auth] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] should be capable to mount multiple trust bundles by signer+labels can combine multiple CTBs with signer name and label selector [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => {
    const { live } = await labelled(c);
    const labelSelector = { matchLabels: { 'signer.alive': 'true' } };
    const found = await mounted(c, { signerName: signers(c).one, labelSelector, path });
    c.t.deepEqual(found, certificatesIn(live.join('')));
  },
);

spec(
  '[sig-auth] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] should be capable to mount multiple trust bundles by signer+labels should start if only signer name and explicit label selector matches nothing + optional=true [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => {
    await labelled(c);
    const labelSelector = { matchLabels: { 'signer.alive': 'unknown' } };
    c.t.deepEqual(await mounted(c, { signerName: signers(c).one, labelSelector, path, optional: true }), []);
  },
);

spec(
  '[sig-auth] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] should be capable to mount multiple trust bundles by signer+labels should start if only signer name and nil label selector + optional=true [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => {
    await labelled(c);
    c.t.deepEqual(await mounted(c, { signerName: signers(c).one, path, optional: true }), []);
  },
);

spec(
  '[sig-auth] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] should prevent a pod from starting if: sets optional=false and no trust bundle matches query [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => {
    await labelled(c);
    const labelSelector = { matchLabels: { 'signer.alive': 'unknown' } };
    await neverStarts(c, { signerName: signers(c).one, labelSelector, path, optional: false });
  },
);

spec(
  '[sig-auth] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] should prevent a pod from starting if: sets optional=false and the configured CTB does not exist [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => {
    await neverStarts(c, { name: `absent-${c.id}`, path, optional: false });
  },
);
