// The AdmissionReview that a webhook is asked by, and what its answer must be. Pure.
import { encodeObject } from '#lib/api/json/encode.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import type { AdmissionResponse, AdmissionReview } from '#lib/api/types/admission.v1.ts';
import type { Attributes } from '../admission.ts';
import type { Match } from './match.ts';

export interface ReviewFacts {
  readonly attributes: Attributes;
  readonly match: Match;
  /** In the version that the webhook knows. */
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  readonly uid: string;
  readonly version: ReviewVersion;
}

export type ReviewVersion = 'v1' | 'v1beta1';

/** The first version of those that a webhook takes which we speak. */
export function reviewVersion(accepted: readonly string[]): ReviewVersion | undefined {
  return accepted.find((version): version is ReviewVersion => version === 'v1' || version === 'v1beta1');
}

/** The text of the request's body. */
export function renderReview(facts: ReviewFacts): string {
  const { attributes, object, oldObject, uid, version } = facts;
  const rest = {
    object: textOf(object),
    oldObject: textOf(oldObject),
    dryRun: String(attributes.isDryRun),
    options: JSON.stringify(attributes.options?.() ?? null),
  };
  const tail = Object.entries(rest).map(([key, text]) => `,"${key}":${text}`);
  const request = JSON.stringify({ uid, ...requestOf(facts) }).slice(0, -1) + tail.join('');
  return `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/${version}","request":${request}}}`;
}

/** The request but for what it carries. */
export function requestOf({
  attributes,
  match,
  object,
  oldObject,
}: Pick<ReviewFacts, 'attributes' | 'match' | 'object' | 'oldObject'>): object {
  const { subresource, user, name, namespace, operation } = attributes;
  const seen = match.as === 'itself' ? attributes : match.equivalent;
  return {
    kind: kindOf(object ?? oldObject),
    resource: resourceOf(seen),
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: kindOf(attributes.object ?? attributes.oldObject),
    requestResource: resourceOf(attributes),
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: user.groups,
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    },
  };
}

function textOf(object: KubeObject | undefined): string {
  if (object === undefined) return 'null';
  const { group, version, kind } = kindOf(object);
  return encodeObject(object, typeOfKind(group, version, kind));
}

/** By the object itself: the kind of a subresource may be of another group than the resource. */
function kindOf(object: KubeObject | undefined): { group: string; version: string; kind: string } {
  const { apiVersion = '', kind = '' } = object ?? {};
  const [first = '', second] = apiVersion.split('/');
  return second === undefined ? { group: '', version: first, kind } : { group: first, version: second, kind };
}

interface Place {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

function resourceOf({ group, version, resource }: Place): object {
  return { group, version, resource };
}

/**
 * The verdict in `review`.
 * @throws {Error} if it is none. Rule: admission/plugin/webhook/request, VerifyAdmissionResponse
 */
export function verdictOf(
  review: AdmissionReview,
  uid: string,
  version: ReviewVersion,
  isMutating: boolean,
): AdmissionResponse {
  const { response, kind = '', apiVersion = '' } = review;
  if (response === undefined || response === null) throw new Error('webhook response was absent');
  if (version === 'v1') {
    if (response.uid !== uid) {
      throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
    }
    if (kind !== 'AdmissionReview' || apiVersion !== 'admission.k8s.io/v1') {
      throw new Error(
        `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${apiVersion}, Kind=${kind}`,
      );
    }
    if (isMutating && response.patch && !response.patchType) {
      throw new Error('webhook returned response.patch but not response.patchType');
    }
    if (isMutating && response.patchType && !response.patch) {
      throw new Error('webhook returned response.patchType but not response.patch');
    }
  }
  if (!isMutating && (response.patch || response.patchType)) {
    throw new Error('validating webhook may not return response.patch or response.patchType');
  }
  if (response.patchType && response.patchType !== 'JSONPatch') {
    throw new Error(`webhook returned invalid response.patchType of ${JSON.stringify(response.patchType)}`);
  }
  return response;
}
