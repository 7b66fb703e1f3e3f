// Asks somebody outside what the authorizers of the cluster have not allowed.
// Rule: apiserver plugin/pkg/authorizer/webhook: no answer is no opinion.
import type { SubjectAccessReview, SubjectAccessReviewSpec } from '#lib/api/types/authorization.v1.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { AskRemote } from '../webhook/ask-remote.ts';
import { createRemembered } from '../webhook/remembered.ts';
import { type Attributes, type Decision, noOpinion } from './attributes.ts';

/** For what takes its time. */
export type AuthorizeLate = (attributes: Attributes, signal: AbortSignal) => Promise<Decision>;

export interface WebhookAuthorizerOptions {
  readonly ask: AskRemote;
  /** How long what was said counts. */
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export function createWebhookAuthorizer(options: WebhookAuthorizerOptions): AuthorizeLate {
  const { ask, authorizedTtlMs, unauthorizedTtlMs, clock, log } = options;
  const known = createRemembered<Decision>(clock.now);
  return async (attributes, signal) => {
    const spec = specOf(attributes);
    const key = JSON.stringify(spec);
    const before = known.get(key);
    if (before !== undefined) return before;
    try {
      const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {}, spec };
      const { status } = (await ask(review, signal)) as Partial<SubjectAccessReview>;
      const isAllowed = status?.allowed === true && status.denied !== true;
      const decision = { isAllowed, isDenied: status?.denied === true, reason: String(status?.reason ?? '') };
      known.set(key, decision, isAllowed ? authorizedTtlMs : unauthorizedTtlMs);
      return decision;
    } catch (error) {
      signal.throwIfAborted();
      log.error('Could not ask the webhook for authorization', { err: error });
      return noOpinion;
    }
  };
}

function specOf({ user, isResource, verb, path, fields, ...what }: Attributes): SubjectAccessReviewSpec {
  const who = {
    user: user.name,
    groups: user.groups,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    ...(user.extra === undefined ? {} : { extra: user.extra }),
  };
  if (!isResource) return { nonResourceAttributes: { path, verb }, ...who };
  const requirements = [...(fields ?? [])].map(([key, value]) => ({ key, operator: 'In', values: [value] }));
  const fieldSelector = requirements.length === 0 ? {} : { fieldSelector: { requirements } };
  const named = Object.entries({ verb, ...what }).filter(([, value]) => value !== '');
  return { resourceAttributes: { ...Object.fromEntries(named), ...fieldSelector }, ...who };
}
