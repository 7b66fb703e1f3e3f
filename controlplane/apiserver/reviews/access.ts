// The access reviews: anybody's question what somebody may do.

import {
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
} from '#lib/api/resources.ts';
import { badRequest, invalid } from '#lib/api/status.ts';
import type { ResourceAttributes, SubjectAccessReviewSpec } from '#lib/api/types/authorization.v1.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';
import type { Attributes, Authorize } from '../authorization/attributes.ts';
import type { Rbac } from '../authorization/rbac.ts';
import type { UserInfo } from '../exchange.ts';
import type { Call, Late } from '../handler.ts';
import { answerCreated, readObject } from '../http/object.ts';
import type { VirtualResource } from '../routes/resources.ts';
import { wrongSelectors } from './selectors.ts';

export interface AccessReviewsOptions {
  readonly authorize: Authorize;
  readonly late?: Late;
  readonly rbac: Rbac;
}

/** By `group/resource`. */
export function accessReviews({ authorize, late, rbac }: AccessReviewsOptions): ReadonlyMap<string, VirtualResource> {
  const statusOf = async (user: UserInfo, spec: Spec, { request }: Call) => {
    const attributes = attributesOf(user, spec);
    const first = authorize(attributes);
    const isFinal = first.isAllowed || late?.authorize === undefined;
    const { isAllowed, reason } = isFinal ? first : await late.authorize!(attributes, request.signal);
    return { allowed: isAllowed, ...(reason === '' ? {} : { reason }) };
  };
  const group = 'authorization.k8s.io';
  return new Map<string, VirtualResource>([
    [
      `${group}/subjectaccessreviews`,
      async (call) => {
        const review = await readObject(call, subjectAccessReviews);
        check('SubjectAccessReview', review.spec);
        const status = await statusOf(userOf(review.spec), review.spec, call);
        return answerCreated(call, subjectAccessReviews, { ...review, status });
      },
    ],
    [
      `${group}/localsubjectaccessreviews`,
      async (call) => {
        const review = await readObject(call, localSubjectAccessReviews);
        check('LocalSubjectAccessReview', review.spec);
        if (review.spec.resourceAttributes?.namespace !== call.info.namespace) {
          throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${call.info.namespace}`);
        }
        const status = await statusOf(userOf(review.spec), review.spec, call);
        return answerCreated(call, localSubjectAccessReviews, { ...review, status });
      },
    ],
    [
      `${group}/selfsubjectaccessreviews`,
      async (call) => {
        const review = await readObject(call, selfSubjectAccessReviews);
        check('SelfSubjectAccessReview', { ...review.spec, user: call.user.name });
        const status = await statusOf(call.user, review.spec, call);
        return answerCreated(call, selfSubjectAccessReviews, { ...review, status });
      },
    ],
    [
      `${group}/selfsubjectrulesreviews`,
      async (call) => {
        const review = await readObject(call, selfSubjectRulesReviews);
        const namespace = review.spec?.namespace ?? '';
        if (namespace === '') throw badRequest('no namespace on request');
        const rules = rbac.rulesOf(call.user, namespace);
        const status = {
          resourceRules: rules.flatMap(({ nonResourceURLs, ...rule }) => (nonResourceURLs === undefined ? [rule] : [])),
          nonResourceRules: rules.flatMap(({ verbs, nonResourceURLs }) =>
            nonResourceURLs === undefined ? [] : [{ verbs, nonResourceURLs }],
          ),
          incomplete: late?.authorize !== undefined,
          ...(late?.authorize && { evaluationError: 'webhook authorizer does not support user rule resolution' }),
        };
        return answerCreated(call, selfSubjectRulesReviews, { ...review, status });
      },
    ],
  ]);
}

type Spec = Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>;

/** @throws {StatusError} Invalid: exactly one question, about somebody */
function check(kind: string, spec: SubjectAccessReviewSpec | undefined): void {
  const causes: StatusCause[] = [];
  const { resourceAttributes, nonResourceAttributes, user, groups = [] } = spec ?? {};
  if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined)) {
    const message =
      resourceAttributes === undefined
        ? 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified'
        : 'Invalid value: "nonResourceAttributes": cannot be specified in combination with resourceAttributes';
    const field = resourceAttributes === undefined ? 'spec.resourceAttributes' : 'spec.nonResourceAttributes';
    causes.push({ reason: 'FieldValueInvalid', message, field });
  }
  causes.push(...wrongSelectors(resourceAttributes));
  if (!user && groups.length === 0) {
    const message = 'Invalid value: "": at least one of user or group must be specified';
    causes.push({ reason: 'FieldValueInvalid', message, field: 'spec.user' });
  }
  if (causes.length > 0) throw invalid({ group: 'authorization.k8s.io', kind }, '', causes);
}

function userOf({ user = '', groups = [], uid, extra }: SubjectAccessReviewSpec): UserInfo {
  return { name: user, groups, ...(uid === undefined ? {} : { uid }), ...(extra === undefined ? {} : { extra }) };
}

function attributesOf(user: UserInfo, { resourceAttributes, nonResourceAttributes }: Spec): Attributes {
  if (nonResourceAttributes !== undefined) {
    const { path = '', verb = '' } = nonResourceAttributes;
    return { user, isResource: false, path, verb, ...noResource };
  }
  const {
    verb = '',
    group = '',
    version = '',
    resource = '',
    subresource = '',
    namespace = '',
    name = '',
  } = resourceAttributes ?? {};
  const fields = fieldsOf(resourceAttributes ?? {});
  const asked = { verb, group, version, resource, subresource, namespace, name };
  return { user, isResource: true, path: '', ...asked, ...(fields === undefined ? {} : { fields }) };
}

const noResource = { group: '', resource: '', subresource: '', namespace: '', name: '' };

function fieldsOf({ fieldSelector }: ResourceAttributes): ReadonlyMap<string, string> | undefined {
  const pinned = (fieldSelector?.requirements ?? []).filter(
    ({ operator, values }) => operator === 'In' && values?.length === 1,
  );
  return pinned.length === 0 ? undefined : new Map(pinned.map(({ key, values }) => [key, values![0]!]));
}
