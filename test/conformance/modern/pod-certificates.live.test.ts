// PodCertificateRequests, and the certificates that pods get by them.
import { X509Certificate } from 'node:crypto';
import { deployments, podCertificateRequests, pods, services } from '#lib/api/resources.ts';
import type { PodCertificateProjection, VolumeProjection } from '#lib/api/types/core.v1.ts';
import type { Patch } from '#lib/client/client.ts';
import { createAuthority } from '#lib/pki/certificate.ts';
import { createStubRequest } from '#lib/pki/stub-request.ts';
import { eventually } from '../../live/cluster.ts';
import { supportsOperations } from './support/api-operations.ts';
import { nodeProgram } from './support/node-program.ts';
import { issue, pathAnnotation, runPodSigner } from './support/pod-signer.ts';
import { createPod, isReady, logOf, shell, template } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';

spec(
  '[sig-auth] PodCertificateRequest API [Privileged:ClusterAdmin] should support PodCertificateRequest API operations [Conformance]',
  async (c) => {
    const { t, client, signal } = c;
    const { der } = await createStubRequest('ECDSAP256');
    const wish = {
      signerName: `modern.example.com/e2e-${c.id}`,
      podName: 'test-pod',
      podUID: '12345678-1234-1234-1234-123456789012',
      serviceAccountName: 'default',
      serviceAccountUID: '12345678-1234-1234-1234-123456789013',
      nodeName: 'test-node',
      nodeUID: '12345678-1234-1234-1234-123456789014',
      maxExpirationSeconds: 86_400,
      stubPKCS10Request: der.toString('base64'),
    };
    const status = await issue(await createAuthority('e2e.example.com', Date.now()), wish, c.namespace);
    await supportsOperations(c, podCertificateRequests, {
      draft: () => ({ metadata: {}, spec: wish }),
      status: { patch: status, update: status },
    });
    await c.create(podCertificateRequests, { metadata: { name: 'patched', labels: {} }, spec: wish });
    const at = c.at('patched');
    const label = (value: string) => ({ metadata: { labels: { kind: value } } });
    const operation = { op: 'add', path: '/metadata/labels/kind', value: 'json' };
    const apply = {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'PodCertificateRequest',
      metadata: { name: 'patched', ...label('apply').metadata },
    };
    const patches: readonly Patch[] = [
      { type: 'strategic', body: label('strategic') },
      { type: 'merge', body: label('merge') },
      { type: 'json', body: [operation] },
      { type: 'apply', body: apply, fieldManager: 'modern', force: true },
    ];
    for (const patch of patches) {
      const { metadata } = await client.patch(podCertificateRequests, at, patch, signal);
      t.is(metadata.labels?.['kind'], patch.type);
    }
    const other = { type: 'merge', body: { spec: { podName: 'other' } } } as const;
    await t.throwsAsync(client.patch(podCertificateRequests, at, other, signal), { message: /spec/ });
  },
);

/** A pod that prints its chain, for a signer of this spec's. */
async function chainFor(c: Case, wish: Partial<PodCertificateProjection> = {}): Promise<X509Certificate> {
  const { signerName } = await runPodSigner(c);
  const own: PodCertificateProjection = {
    signerName,
    keyType: 'ECDSAP256',
    credentialBundlePath: 'bundle.pem',
    ...wish,
  };
  const volumeMounts = [{ name: 'own', mountPath: '/own', readOnly: true }];
  const script =
    "sed -n '/BEGIN CERTIFICATE/,/END CERTIFICATE/p' /own/bundle.pem; trap exit TERM; while :; do sleep 0.2; done";
  await createPod(c, 'inspector', {
    containers: [shell(script, { volumeMounts })],
    volumes: [{ name: 'own', projected: { sources: [{ podCertificate: own }] } }],
  });
  await c.when(pods, 'inspector', 'ready', isReady);
  const text = await eventually('its chain', async () => {
    const log = await logOf(c, 'inspector');
    return log.includes('END CERTIFICATE') && log;
  });
  return new X509Certificate(text);
}

const hoursOf = ({ validFromDate, validToDate }: X509Certificate) =>
  (validToDate.getTime() - validFromDate.getTime()) / 3_600_000;

spec(
  '[sig-auth] Projected PodCertificate [FeatureGate:PodCertificateRequest] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] MaxExpirationSeconds validations should issue certificate with default life time (24h) when MaxExpirationSeconds is not set [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => void c.t.is(hoursOf(await chainFor(c)), 24),
);

spec(
  '[sig-auth] Projected PodCertificate [FeatureGate:PodCertificateRequest] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] MaxExpirationSeconds validations should issue certificate with specified duration (1h) when MaxExpirationSeconds is set [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => void c.t.is(hoursOf(await chainFor(c, { maxExpirationSeconds: 3600 })), 1),
);

spec(
  '[sig-auth] Projected PodCertificate [FeatureGate:PodCertificateRequest] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] should honor UserAnnotations for SPIFFE URI path [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => {
    const { subjectAltName } = await chainFor(c, { userAnnotations: { [pathAnnotation]: '/custom-workload' } });
    c.t.is(subjectAltName, 'URI:spiffe://cluster.local/custom-workload');
  },
);

async function refused(c: Case, maxExpirationSeconds: number): Promise<void> {
  const podCertificate: PodCertificateProjection = {
    signerName: 'modern.example.com/pods',
    keyType: 'ED25519',
    credentialBundlePath: 'credentials.pem',
    maxExpirationSeconds,
  };
  const volumes = [{ name: 'own', projected: { sources: [{ podCertificate }] } }];
  const error = await c.t.throwsAsync(createPod(c, 'asks', { volumes }));
  c.t.regex(error?.message ?? '', /podCertificate\.maxExpirationSeconds/);
}

spec(
  '[sig-auth] Projected PodCertificate [FeatureGate:PodCertificateRequest] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] MaxExpirationSeconds validations should reject pod creation when MaxExpirationSeconds is less than minimum (1h) [MinimumKubeletVersion:1.37] [Conformance]',
  (c) => refused(c, 3599),
);

spec(
  '[sig-auth] Projected PodCertificate [FeatureGate:PodCertificateRequest] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] MaxExpirationSeconds validations should reject pod creation when MaxExpirationSeconds exceeds maximum (91d) [MinimumKubeletVersion:1.37] [Conformance]',
  (c) => refused(c, 91 * 86_400 + 1),
);

/** Both ends show a certificate of the same signer's, and look at the other's name, which is no host's. */
const tls = `
  const { readFileSync } = require('node:fs');
  const own = readFileSync('/own/bundle.pem');
  const options = { key: own, cert: own, ca: readFileSync('/own/anchors.pem'), checkServerIdentity: () => undefined };
  const nameOf = (socket) => socket.getPeerCertificate().subjectaltname.replace('URI:', '');
`;

const server = `${tls}
  require('node:https').createServer({ ...options, requestCert: true, rejectUnauthorized: true }, (request, answer) => {
    answer.end('Client Identity: ' + nameOf(request.socket));
  }).listen(443);
  process.on('SIGTERM', () => process.exit(0));
`;

const client = (url: string) => `${tls}
  const ask = () => require('node:https').get('${url}', options, (answer) => {
    answer.on('data', (text) => console.log(text + ' by ' + nameOf(answer.socket)));
  }).on('error', (error) => console.log(String(error)));
  setInterval(ask, 500);
  process.on('SIGTERM', () => process.exit(0));
`;

spec(
  '[sig-auth] Projected PodCertificate [FeatureGate:PodCertificateRequest] [FeatureGate:ClusterTrustBundle] [FeatureGate:ClusterTrustBundleProjection] should allow server and client pods to establish an mTLS connection [MinimumKubeletVersion:1.37] [Conformance]',
  async (c) => {
    const { signerName } = await runPodSigner(c);
    const sources: readonly VolumeProjection[] = [
      { podCertificate: { signerName, keyType: 'ECDSAP256', credentialBundlePath: 'bundle.pem' } },
      { clusterTrustBundle: { signerName, labelSelector: {}, path: 'anchors.pem' } },
    ];
    const deploy = (name: string, program: string) => {
      const labels = { app: name };
      const volumeMounts = [{ name: 'own', mountPath: '/own', readOnly: true }];
      const { container, volumes } = nodeProgram(program, { volumeMounts });
      const rest = { volumes: [...volumes, { name: 'own', projected: { sources } }] };
      const spec = { selector: { matchLabels: labels }, template: template(labels, [container], rest) };
      return c.create(deployments, { metadata: { name }, spec });
    };
    await deploy('server', server);
    const ports = [{ name: 'https', port: 443, protocol: 'TCP' as const }];
    await c.create(services, { metadata: { name: 'server' }, spec: { selector: { app: 'server' }, ports } });
    await deploy('client', client(`https://server.${c.namespace}.svc/spiffe-echo`));
    const identity = `spiffe://cluster.local/ns/${c.namespace}/sa/default`;
    await eventually(
      'an answer',
      async () => {
        const where = { namespace: c.namespace, labelSelector: 'app=client' };
        const [pod] = (await c.client.list(pods, where, c.signal)).items;
        const log = await logOf(c, pod!.metadata.name);
        if (log.includes(`Client Identity: ${identity} by ${identity}`)) return true;
        throw new Error(log);
      },
      90_000,
    );
    c.t.pass();
  },
);
