import type { TokenRequest } from '#lib/api/types/authentication.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { type TokenWish, tokenKey } from './payload.ts';

export interface Token {
  readonly token: string;
  /** When to ask for the next one. */
  readonly refreshAtMs: number;
}

/** Service account tokens for the pods of this node, bound to them, fresh enough. */
export interface Tokens {
  /**
   * A token that is valid. A new one is asked for in time; if that fails while the old one is valid, the old one is returned.
   * @throws {StatusError} as the server refuses
   */
  get(pod: Pod, wish: TokenWish, signal: AbortSignal): Promise<Token>;
  /** Forgets the tokens of a pod. */
  drop(podUid: string): void;
}

export function createTokens({
  client,
  clock,
  log,
  random = Math.random,
}: {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}): Tokens {
  const cache = new Map<string, Map<string, Cached>>(); // by pod uid, then wish: bounded by the pods here

  async function get(pod: Pod, wish: TokenWish, signal: AbortSignal): Promise<Token> {
    const { uid = '' } = pod.metadata;
    const known = cache.get(uid)?.get(tokenKey(wish));
    if (known !== undefined && clock.now() < known.refreshAtMs) return known;
    try {
      const fresh = await ask(pod, wish, signal);
      cache.set(uid, (cache.get(uid) ?? new Map<string, Cached>()).set(tokenKey(wish), fresh));
      return fresh;
    } catch (error) {
      signal.throwIfAborted();
      if (known === undefined || clock.now() >= known.expiresAtMs) throw error;
      log.warn('Kept an old token as a new one was not to be had', { podUID: uid, err: error });
      return { token: known.token, refreshAtMs: clock.now() + againMs };
    }
  }

  async function ask(pod: Pod, { audience, expirationSeconds }: TokenWish, signal: AbortSignal): Promise<Cached> {
    const { name, namespace = 'default', uid } = pod.metadata;
    const account = pod.spec.serviceAccountName || 'default';
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const answer = (await client.raw('POST', path, signal, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: account, namespace },
      spec: {
        audiences: audience === '' ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
      },
    })) as TokenRequest;
    const { token, expirationTimestamp = '' } = answer.status!;
    const seconds = answer.spec.expirationSeconds ?? expirationSeconds;
    const expiresAtMs = Date.parse(expirationTimestamp);
    return { token, expiresAtMs, refreshAtMs: refreshAtMs(expiresAtMs, seconds * 1000, random() * jitterMs) };
  }

  return { get, drop: (podUid) => void cache.delete(podUid) };
}
const jitterMs = 10_000;
const againMs = 60_000;

interface Cached extends Token {
  readonly expiresAtMs: number;
}

/** After 80 % of its life, or 24 hours, whichever is first. Rule: KEP-1205, "Token refresh". */
export function refreshAtMs(expiresAtMs: number, lifeMs: number, earlierMs: number): number {
  const issuedAtMs = expiresAtMs - lifeMs;
  return issuedAtMs + Math.min(lifeMs * 0.8, dayMs) - earlierMs;
}
const dayMs = 24 * 60 * 60 * 1000;
