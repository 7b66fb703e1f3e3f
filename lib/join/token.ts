// Tokens by which nodes join, `ID.SECRET`, and the Secrets that hold them. Rule: "Authenticating with Bootstrap Tokens".

import { randomInt } from 'node:crypto';
import type { Draft } from '#lib/api/resource.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import type { Secret } from '#lib/api/types/core.v1.ts';

export interface Token {
  readonly id: string;
  readonly secret: string;
}

/** @throws {TypeError} if `text` is no token */
export function parseToken(text: string): Token {
  const [, id, secret] = pattern.exec(text.trim()) ?? [];
  if (id !== undefined && secret !== undefined) return { id, secret };
  throw new TypeError(
    'This is no token: it is six lower-case letters or digits, a dot, and sixteen more, such as abcdef.0123456789abcdef',
  );
}
const pattern = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;

export function formatToken({ id, secret }: Token): string {
  return `${id}.${secret}`;
}

/** A new one that nobody can guess. */
export function generateToken(): Token {
  return { id: randomText(6), secret: randomText(16) };
}

function randomText(length: number): string {
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join('');
}
const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

export const tokenType = 'bootstrap.kubernetes.io/token';

/** The group of those who join, to which the cluster's bindings give what joining takes. */
export const joinGroup = 'system:bootstrappers:kubeadm:default-node-token';

/** The group of servers that join: it is given the authorities of the cluster, so it is never a node's. */
export const serverGroup = 'system:bootstrappers:skiff:servers';

export const tokenUsages = ['authentication', 'signing'] as const;
export type TokenUsage = (typeof tokenUsages)[number];

export interface TokenFacts {
  readonly token: Token;
  /** Good until then; for ever if absent. */
  readonly expiresMs?: number | undefined;
  readonly description?: string | undefined;
  readonly usages: readonly TokenUsage[];
  readonly groups: readonly string[];
}

/** The Secret that holds a token. */
export function secretOf({ token, expiresMs, description, usages, groups }: TokenFacts): Draft<Secret> {
  const texts: Readonly<Record<string, string>> = {
    'token-id': token.id,
    'token-secret': token.secret,
    ...(expiresMs === undefined ? {} : { expiration: timestamp(expiresMs) }),
    ...(description ? { description } : {}),
    ...Object.fromEntries(usages.map((usage) => [`usage-bootstrap-${usage}`, 'true'])),
    ...(groups.length === 0 ? {} : { 'auth-extra-groups': groups.join(',') }),
  };
  const data = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return {
    metadata: { name: secretName(token.id), namespace: 'kube-system' },
    type: tokenType,
    data: Object.fromEntries(data),
  };
}

export function secretName(id: string): string {
  return `bootstrap-token-${id}`;
}

/** What a Secret says; undefined where it is none that holds a token, or holds one that cannot be. */
export function factsOfSecret({ metadata, type, data = {} }: Secret): TokenFacts | undefined {
  const text = (key: string) => (Object.hasOwn(data, key) ? Buffer.from(data[key]!, 'base64').toString() : '');
  const token = { id: text('token-id'), secret: text('token-secret') };
  if (type !== tokenType || metadata.name !== secretName(token.id) || !pattern.test(formatToken(token)))
    return undefined;
  const expiration = text('expiration');
  return {
    token,
    // What cannot be read has expired: it was meant to.
    expiresMs: expiration === '' ? undefined : Date.parse(expiration) || 0,
    description: text('description'),
    usages: tokenUsages.filter((usage) => text(`usage-bootstrap-${usage}`) === 'true'),
    groups: text('auth-extra-groups')
      .split(',')
      .filter((group) => group !== ''),
  };
}

/** Milliseconds for which it is still good: 0 if it has expired, Infinity if it never does. */
export function lifeLeftMs({ expiresMs }: TokenFacts, nowMs: number): number {
  return expiresMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, expiresMs - nowMs);
}
