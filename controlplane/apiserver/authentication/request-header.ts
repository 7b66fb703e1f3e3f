// Who a proxy in front says that the caller is. Rule: k8s.io/apiserver authentication/request/headerrequest.
import type { ApiRequest, UserInfo } from '../exchange.ts';

export interface RequestHeaderOptions {
  /** Hash of the public key of the authority that signs the certificates of such proxies, and of nobody else. */
  readonly authority: string;
  /** Common names that such a proxy may have. */
  readonly allowedNames: readonly string[];
}

/** Undefined if the other end is no such proxy, or names nobody. The caller has seen to it that the authority is right. */
export function remoteUserOf(
  { peer, headers }: ApiRequest,
  { allowedNames }: RequestHeaderOptions,
): UserInfo | undefined {
  const name = headers['x-remote-user']?.trim();
  if (peer === undefined || !allowedNames.includes(peer.commonName) || !name) return undefined;
  const extra = Object.entries(headers).flatMap(([header, value]) =>
    header.startsWith(extraPrefix) ? [[decoded(header.slice(extraPrefix.length)), listOf(value)] as const] : [],
  );
  const uid = headers['x-remote-uid'];
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups: listOf(headers['x-remote-group']),
    ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

/** The headers that say to an extension API server who the caller is; the front-proxy certificate makes it believe them. */
export function remoteHeaders({
  name,
  uid,
  groups,
  extra = {},
}: UserInfo): Readonly<Record<string, string | string[]>> {
  return {
    'x-remote-user': name,
    ...(uid === undefined ? {} : { 'x-remote-uid': uid }),
    ...(groups.length === 0 ? {} : { 'x-remote-group': [...groups] }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [extraPrefix + encodeURIComponent(key).toLowerCase(), [...values]]),
    ),
  };
}

const extraPrefix = 'x-remote-extra-';

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Repeated headers arrive joined by commas. */
function listOf(value: string | undefined): readonly string[] {
  return (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
