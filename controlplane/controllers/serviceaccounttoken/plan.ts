// What a Secret of type kubernetes.io/service-account-token comes to. Pure. Rule: upstream's tokens controller.
import type { Secret, ServiceAccount } from '#lib/api/types/core.v1.ts';

export type TokenSecretPlan =
  | { readonly do: 'nothing' }
  /** Its account is gone, or another one of the same name. */
  | { readonly do: 'delete' }
  | { readonly do: 'update'; readonly secret: Secret };

export interface TokenSecretFacts {
  readonly secret: Secret;
  /** The account that its annotation names. */
  readonly account: ServiceAccount | undefined;
  /** PEM. */
  readonly rootCa: string;
  tokenFor(account: ServiceAccount, secret: Secret): string;
}

export const tokenType = 'kubernetes.io/service-account-token';
export const nameAnnotation = 'kubernetes.io/service-account.name';
const uidAnnotation = 'kubernetes.io/service-account.uid';

export function planTokenSecret({ secret, account, rootCa, tokenFor }: TokenSecretFacts): TokenSecretPlan {
  const { metadata, data = {} } = secret;
  if (secret.type !== tokenType || metadata.deletionTimestamp !== undefined) return { do: 'nothing' };
  const uid = metadata.annotations?.[uidAnnotation];
  if (account === undefined || (uid !== undefined && uid !== account.metadata.uid)) return { do: 'delete' };
  const wanted = {
    'ca.crt': base64(rootCa),
    namespace: data['namespace'] || base64(metadata.namespace ?? ''),
    token: data['token'] || base64(tokenFor(account, secret)),
  };
  const isComplete = Object.entries(wanted).every(([key, value]) => data[key] === value) && uid !== undefined;
  if (isComplete) return { do: 'nothing' };
  const annotations = { ...metadata.annotations, [uidAnnotation]: account.metadata.uid ?? '' };
  return {
    do: 'update',
    secret: { ...secret, metadata: { ...metadata, annotations }, data: { ...data, ...wanted } },
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
