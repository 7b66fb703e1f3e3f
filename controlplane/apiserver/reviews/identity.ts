// Who am I, and whose token is this.

import { selfSubjectReviews, tokenReviews } from '#lib/api/resources.ts';
import { invalid } from '#lib/api/status.ts';
import type { UserInfo as UserInfoObject } from '#lib/api/types/authentication.v1.ts';
import type { Clock } from '#lib/clock.ts';
import type { TokenVerifier } from '../authentication/service-account-token.ts';
import type { UserInfo } from '../exchange.ts';
import type { Late } from '../handler.ts';
import { answerCreated, readObject } from '../http/object.ts';
import type { VirtualResource } from '../routes/resources.ts';

export interface IdentityReviewsOptions {
  readonly verifyToken: TokenVerifier;
  readonly late?: Late;
  readonly audiences: readonly string[];
  readonly clock: Clock;
}

/** By `group/resource`. */
export function identityReviews(options: IdentityReviewsOptions): ReadonlyMap<string, VirtualResource> {
  const { verifyToken, late, audiences, clock } = options;
  return new Map<string, VirtualResource>([
    [
      'authentication.k8s.io/selfsubjectreviews',
      async (call) => {
        const review = await readObject(call, selfSubjectReviews);
        const metadata = {
          ...review.metadata,
          creationTimestamp: new Date(clock.now()).toISOString().replace(/\.\d+/, ''),
        };
        return answerCreated(call, selfSubjectReviews, { metadata, status: { userInfo: infoOf(call.user) } });
      },
    ],
    [
      'authentication.k8s.io/tokenreviews',
      async (call) => {
        const review = await readObject(call, tokenReviews);
        const token = review.spec?.token ?? '';
        if (token === '') {
          const message = 'Required value: token is required for TokenReview in authentication';
          const cause = { reason: 'FieldValueRequired', message, field: 'spec.token' };
          throw invalid({ group: 'authentication.k8s.io', kind: 'TokenReview' }, '', [cause]);
        }
        const wanted = review.spec.audiences?.length ? review.spec.audiences : audiences;
        const here = verifyToken(token, wanted, clock.now());
        const there = 'user' in here ? undefined : await late?.authenticate?.(token, wanted, call.request.signal);
        const outcome = there ?? here;
        const status =
          'user' in outcome
            ? { authenticated: true, user: infoOf(withEverybody(outcome.user)), audiences: outcome.audiences }
            : { user: {}, error: outcome.error };
        return answerCreated(call, tokenReviews, { ...review, status });
      },
    ],
  ]);
}

function withEverybody(user: UserInfo): UserInfo {
  return { ...user, groups: [...user.groups, 'system:authenticated'] };
}

function infoOf({ name, uid, groups, extra }: UserInfo): UserInfoObject {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups,
    ...(extra === undefined || Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
