// PodCertificateRequests, and the bounds of what pods may ask for.
import type { PodCertificateProjection } from '#lib/api/types/core.v1.ts';
import { createPod } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';

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
