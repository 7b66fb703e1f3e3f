// Tokens that live as long as their Secret: no expiry, no audience. Pure.
import type { Secret, ServiceAccount } from '#lib/api/types/core.v1.ts';

/** Rule: k8s.io/kubernetes pkg/serviceaccount, LegacyClaims. */
export interface LegacyClaims {
  readonly iss: typeof legacyIssuer;
  readonly sub: string;
  readonly 'kubernetes.io/serviceaccount/namespace': string;
  readonly 'kubernetes.io/serviceaccount/secret.name': string;
  readonly 'kubernetes.io/serviceaccount/service-account.name': string;
  readonly 'kubernetes.io/serviceaccount/service-account.uid': string;
}

export const legacyIssuer = 'kubernetes/serviceaccount';

/** The claims of the token that `secret` holds for `account`. */
export function legacyClaims(account: ServiceAccount, secret: Secret): LegacyClaims {
  const { name, namespace = '', uid = '' } = account.metadata;
  return {
    iss: legacyIssuer,
    'kubernetes.io/serviceaccount/namespace': namespace,
    'kubernetes.io/serviceaccount/secret.name': secret.metadata.name,
    'kubernetes.io/serviceaccount/service-account.name': name,
    'kubernetes.io/serviceaccount/service-account.uid': uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  };
}

export interface LegacyObjects {
  secret(key: string): Secret | undefined;
  account(key: string): ServiceAccount | undefined;
}

/** What is wrong with a token whose signature is right; undefined if it counts. Rule: legacyValidator. */
export function legacyProblem(token: string, claims: LegacyClaims, objects: LegacyObjects): string | undefined {
  const namespace = claims['kubernetes.io/serviceaccount/namespace'];
  const secretName = claims['kubernetes.io/serviceaccount/secret.name'];
  const name = claims['kubernetes.io/serviceaccount/service-account.name'];
  const uid = claims['kubernetes.io/serviceaccount/service-account.uid'];
  if (!namespace) return 'namespace claim is missing';
  if (!secretName) return 'secretName claim is missing';
  if (!name) return 'serviceAccountName claim is missing';
  if (!uid) return 'serviceAccountUID claim is missing';
  if (claims.sub !== `system:serviceaccount:${namespace}:${name}`) return 'sub claim is invalid';
  const secret = objects.secret(`${namespace}/${secretName}`);
  if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) return 'token has been invalidated';
  if (Buffer.from(secret.data?.['token'] ?? '', 'base64').toString() !== token) {
    return "token does not match server's copy";
  }
  if (secret.metadata.labels?.['kubernetes.io/legacy-token-invalid-since']) return 'the token has been invalidated';
  const account = objects.account(`${namespace}/${name}`);
  if (account === undefined || account.metadata.deletionTimestamp !== undefined) {
    return `service account ${namespace}/${name} has been deleted`;
  }
  if (account.metadata.uid !== uid)
    return `service account UID (${account.metadata.uid}) does not match claim (${uid})`;
  return undefined;
}
