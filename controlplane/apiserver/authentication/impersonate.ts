import { badRequest } from '#lib/api/status.ts';
import type { UserInfo } from '../exchange.ts';

/** One thing that must be allowed before a user may act as another: verb `impersonate` on it. */
export interface Impersonated {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

export interface Impersonation {
  readonly as: UserInfo;
  readonly needs: readonly Impersonated[];
}

/**
 * Whom the `Impersonate-*` headers ask to be, and what that takes; undefined without them.
 * Rule: k8s.io/apiserver endpoints/filters, impersonation.
 * @throws {StatusError} BadRequest if groups or extra come without a user
 */
export function impersonationOf(headers: Readonly<Record<string, string | undefined>>): Impersonation | undefined {
  if (!isAny(headers)) return undefined;
  const name = headers['impersonate-user'];
  const uid = headers['impersonate-uid'];
  const asked = listOf(headers['impersonate-group']);
  const extra = extraOf(headers);
  if (name === undefined || name === '') {
    if (asked.length === 0 && extra.size === 0 && uid === undefined) return undefined;
    throw badRequest('requested impersonation without impersonating a user');
  }
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  const [, namespace = '', accountName = ''] = account ?? [];
  const groups = account !== null && asked.length === 0 ? serviceAccountGroups(namespace) : asked;
  const authentication = { group: 'authentication.k8s.io', namespace: '', subresource: '' };
  const core = { group: '', namespace: '', subresource: '' };
  return {
    as: {
      name,
      ...(uid === undefined ? {} : { uid }),
      groups: name === 'system:anonymous' ? [...groups, 'system:unauthenticated'] : withEverybody(groups),
      ...(extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
    },
    needs: [
      account === null
        ? { ...core, resource: 'users', name }
        : { ...core, resource: 'serviceaccounts', namespace, name: accountName },
      ...asked.map((group) => ({ ...core, resource: 'groups', name: group })),
      ...[...extra].flatMap(([key, values]) =>
        values.map((value) => ({ ...authentication, resource: 'userextras', subresource: key, name: value })),
      ),
      ...(uid === undefined ? [] : [{ ...authentication, resource: 'uids', name: uid }]),
    ],
  };
}

/** Most requests have none: they are not looked at closer. */
function isAny(headers: Readonly<Record<string, string | undefined>>): boolean {
  for (const header in headers) if (header.startsWith('impersonate-')) return true;
  return false;
}

function serviceAccountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

function withEverybody(groups: readonly string[]): readonly string[] {
  return groups.includes('system:authenticated') ? groups : [...groups, 'system:authenticated'];
}

function extraOf(headers: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(extraPrefix)) continue;
    found.set(decoded(header.slice(extraPrefix.length)), listOf(value));
  }
  return found;
}
const extraPrefix = 'impersonate-extra-';

/** Keys come percent-encoded; what is no valid encoding counts as it is. */
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
