// Asks somebody outside whose token it is that nobody here has given out.
// Rule: apiserver plugin/pkg/authenticator/token/webhook.
import { createHash } from 'node:crypto';
import type { TokenReview } from '#lib/api/types/authentication.v1.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { UserInfo } from '../exchange.ts';
import type { AskRemote } from '../webhook/ask-remote.ts';
import { createRemembered } from '../webhook/remembered.ts';

/** Whose token it is, and for which of `audiences`; undefined where nobody is known by it. */
export type AuthenticateLate = (
  token: string,
  audiences: readonly string[],
  signal: AbortSignal,
) => Promise<Known | undefined>;

export interface Known {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

export interface WebhookAuthenticatorOptions {
  readonly ask: AskRemote;
  /** How long what was said counts. */
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export function createWebhookAuthenticator(options: WebhookAuthenticatorOptions): AuthenticateLate {
  const { ask, ttlMs, clock, log } = options;
  const remembered = createRemembered<{ readonly known: Known | undefined }>(clock.now);
  return async (token, audiences, signal) => {
    const key = createHash('sha256') // tokens themselves are not kept
      .update(JSON.stringify([token, audiences]))
      .digest('base64');
    const before = remembered.get(key);
    if (before !== undefined) return before.known;
    try {
      const spec = { token, audiences };
      const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec };
      const known = knownBy((await ask(review, signal)) as Partial<TokenReview>, audiences);
      remembered.set(key, { known }, known === undefined ? Math.min(ttlMs, failureTtlMs) : ttlMs);
      return known;
    } catch (error) {
      signal.throwIfAborted();
      log.error('Could not ask the webhook whose token it is', { err: error });
      return undefined;
    }
  };
}
const failureTtlMs = 10_000;

/** Who does not say for whom a token is means everybody. */
function knownBy({ status }: Partial<TokenReview>, wanted: readonly string[]): Known | undefined {
  const { authenticated, user, audiences: meant = [] } = status ?? {};
  if (authenticated !== true || !user?.username) return undefined;
  const audiences = meant.length === 0 ? wanted : wanted.filter((audience) => meant.includes(audience));
  if (audiences.length === 0) return undefined;
  const { username, uid, groups = [], extra } = user;
  const more = { ...(uid ? { uid } : {}), ...(extra === undefined ? {} : { extra }) };
  return { user: { name: username, groups, ...more }, audiences };
}
