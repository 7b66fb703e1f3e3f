// What each of Kubernetes' own signers signs. Pure. Rule: Certificates and Certificate Signing Requests, "Kubernetes signers".
import type { RequestFacts } from '#lib/pki/signing.ts';

/** Why the signer refuses; undefined if it does not. For signers of others: undefined, too (see `isOurs`). */
export function refusalOf(signer: string, facts: RequestFacts, usages: readonly string[]): string | undefined {
  switch (signer) {
    case clientSigner:
      return wrongUsages(usages, ['client auth'], ['digital signature', 'key encipherment']);
    case kubeletClientSigner:
      return wrongKubeletClient(facts, usages);
    case kubeletServingSigner:
      return wrongKubeletServing(facts, usages);
    default:
      return undefined;
  }
}

export const clientSigner = 'kubernetes.io/kube-apiserver-client';
export const kubeletClientSigner = 'kubernetes.io/kube-apiserver-client-kubelet';
export const kubeletServingSigner = 'kubernetes.io/kubelet-serving';

export function isOurs(signer: string): boolean {
  return [clientSigner, kubeletClientSigner, kubeletServingSigner, 'kubernetes.io/legacy-unknown'].includes(signer);
}

export function wrongKubeletClient(facts: RequestFacts, usages: readonly string[]): string | undefined {
  return (
    wrongNode(facts) ??
    (facts.dnsNames.length > 0 ? 'DNS subjectAltNames are not allowed' : undefined) ??
    (facts.emails.length > 0 ? 'Email subjectAltNames are not allowed' : undefined) ??
    (facts.ips.length > 0 ? 'IP subjectAltNames are not allowed' : undefined) ??
    (facts.uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined) ??
    wrongUsages(usages, ['client auth', 'digital signature'], ['key encipherment'])
  );
}

function wrongKubeletServing(facts: RequestFacts, usages: readonly string[]): string | undefined {
  return (
    wrongNode(facts) ??
    (facts.dnsNames.length + facts.ips.length === 0 ? 'DNS or IP subjectAltName is required' : undefined) ??
    (facts.emails.length > 0 ? 'Email subjectAltNames are not allowed' : undefined) ??
    (facts.uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined) ??
    wrongUsages(usages, ['digital signature', 'server auth'], ['key encipherment'])
  );
}

function wrongNode({ commonName, organizations }: RequestFacts): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes')
    return 'subject organization is not system:nodes';
  return commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:';
}

function wrongUsages(
  usages: readonly string[],
  needed: readonly string[],
  possible: readonly string[],
): string | undefined {
  const isFine =
    needed.every((one) => usages.includes(one)) && usages.every((one) => [...needed, ...possible].includes(one));
  return isFine ? undefined : `usages did not match [${[...needed, ...possible].toSorted().join(' ')}]`;
}
