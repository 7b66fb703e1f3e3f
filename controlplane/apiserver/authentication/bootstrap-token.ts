import { timingSafeEqual } from 'node:crypto';
import { secrets } from '#lib/api/resources.ts';
import type { Secret } from '#lib/api/types/core.v1.ts';
import type { UserInfo } from '../exchange.ts';
import type { Registry } from '../registry/registry.ts';

/**
 * Tokens by which nodes join: `ID.SECRET`, kept in Secret kube-system/bootstrap-token-ID.
 * Rule: "Authenticating with Bootstrap Tokens".
 */
export function createBootstrapTokenVerifier(
  registry: Pick<Registry, 'reader'>,
): (token: string, nowMs: number) => UserInfo | undefined {
  const reader = registry.reader(secrets);
  return (token, nowMs) => {
    const [, id, secret] = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token) ?? [];
    if (id === undefined || secret === undefined) return undefined;
    const found = reader.get(`kube-system/bootstrap-token-${id}`);
    if (found === undefined || found.type !== 'bootstrap.kubernetes.io/token') return undefined;
    if (found.metadata.deletionTimestamp !== undefined || !isUsable(found, id, secret, nowMs)) return undefined;
    const extra = textOf(found, 'auth-extra-groups')
      .split(',')
      .filter((group) => groupPattern.test(group));
    return { name: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...extra] };
  };
}

const groupPattern = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

function isUsable(found: Secret, id: string, secret: string, nowMs: number): boolean {
  const expiration = textOf(found, 'expiration');
  return (
    textOf(found, 'token-id') === id &&
    isSame(textOf(found, 'token-secret'), secret) &&
    textOf(found, 'usage-bootstrap-authentication') === 'true' &&
    (expiration === '' || Date.parse(expiration) > nowMs)
  );
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function textOf({ data = {} }: Secret, key: string): string {
  return Object.hasOwn(data, key) ? Buffer.from(data[key]!, 'base64').toString() : '';
}
