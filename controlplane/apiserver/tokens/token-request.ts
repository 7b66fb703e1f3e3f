// POST .../serviceaccounts/NAME/token: a token for a service account, bound to a pod, a node or a secret if asked.

import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { nodes, pods, secrets, serviceAccounts } from '#lib/api/resources.ts';
import { badRequest, conflict, failure, invalid, notFound } from '#lib/api/status.ts';
import type { BoundObjectReference, TokenRequest, TokenRequestSpec } from '#lib/api/types/authentication.v1.ts';
import type { Pod, ServiceAccount } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import type { Jwt } from '../authentication/jwt.ts';
import { type Bound, claimsFor } from '../authentication/service-account-token.ts';
import type { Call } from '../handler.ts';
import { answerCreated, readObject } from '../http/object.ts';
import type { Registry } from '../registry/registry.ts';
import type { VirtualResource } from '../routes/resources.ts';

export interface TokenRequestsOptions {
  readonly registry: Pick<Registry, 'reader'>;
  readonly jwt: Jwt;
  readonly issuer: string;
  /** Of the API server itself: what a request without audiences gets. */
  readonly audiences: readonly string[];
  readonly clock: Clock;
}

export function createTokenRequests({
  registry,
  jwt,
  issuer,
  audiences,
  clock,
}: TokenRequestsOptions): VirtualResource {
  return async (call) => {
    const { namespace, name } = call.info;
    if (call.info.verb !== 'create') {
      throw failure('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
    }
    const account = registry.reader(serviceAccounts).get(`${namespace}/${name}`);
    if (account === undefined) throw notFound({ group: '', resource: 'serviceaccounts' }, name);
    const request = await readObject(call, tokenRequests);
    const spec = checked(request.spec, call, name);
    const bound = boundBy(spec.boundObjectRef, account, registry);
    mayRequest(call, bound);
    const wanted = spec.audiences?.length ? spec.audiences : audiences;
    const { lifeSeconds, warnAfterSeconds } = lifeOf(spec, wanted, audiences);
    const claims = claimsFor({
      namespace,
      serviceAccount: { name, uid: account.metadata.uid ?? '' },
      ...bound,
      audiences: wanted,
      issuer,
      lifeSeconds,
      ...(warnAfterSeconds === undefined ? {} : { warnAfterSeconds }),
      nowMs: clock.now(),
    });
    const expirationTimestamp = new Date(claims.exp * 1000).toISOString().replace(/\.\d+/, '');
    const creationTimestamp = new Date(clock.now()).toISOString().replace(/\.\d+/, '');
    return answerCreated(call, tokenRequests, {
      metadata: { ...request.metadata, name, namespace, creationTimestamp },
      spec: { ...spec, audiences: wanted, expirationSeconds: lifeSeconds },
      status: { token: jwt.sign(claims), expirationTimestamp },
    });
  };
}

const tokenRequests: Resource<TokenRequest> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  plural: 'tokenrequests',
  isNamespaced: true,
};

interface BoundObjects {
  readonly pod?: Bound;
  readonly node?: Bound;
  readonly secret?: Bound;
}

/** @throws {StatusError} Invalid outside 10 minutes to 2^32 seconds. Rule: authentication validation, TokenRequest */
function checked(
  spec: TokenRequestSpec | undefined,
  _call: Call,
  name: string,
): TokenRequestSpec & { expirationSeconds: number } {
  const { expirationSeconds = 3600 } = spec ?? {};
  const tooShort = expirationSeconds < 600 ? 'may not specify a duration less than 10 minutes' : undefined;
  const problem =
    tooShort ?? (expirationSeconds > 2 ** 32 ? 'may not specify a duration larger than 2^32 seconds' : undefined);
  if (problem === undefined) return { ...spec, expirationSeconds };
  const message = `Invalid value: ${expirationSeconds}: ${problem}`;
  const cause = { reason: 'FieldValueInvalid', message, field: 'spec.expirationSeconds' };
  throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, name, [cause]);
}

/**
 * Pods ask for 3607 s: for the API server itself that means a year, with a warning after the hour, so that clients which
 * never read the file again go on. Rule: KEP-1205, extended expiration.
 */
function lifeOf(
  { expirationSeconds, boundObjectRef }: TokenRequestSpec & { expirationSeconds: number },
  wanted: readonly string[],
  own: readonly string[],
): { readonly lifeSeconds: number; readonly warnAfterSeconds?: number } {
  const isForUs = wanted.length === 1 && own.includes(wanted[0]!);
  if (expirationSeconds !== 3607 || boundObjectRef?.kind !== 'Pod' || !isForUs)
    return { lifeSeconds: expirationSeconds };
  return { lifeSeconds: 365 * 24 * 3600, warnAfterSeconds: expirationSeconds };
}

/** @throws {StatusError} if the object is missing, another of the same name, or of another account */
function boundBy(
  reference: BoundObjectReference | undefined,
  account: ServiceAccount,
  registry: Pick<Registry, 'reader'>,
): BoundObjects {
  if (reference === undefined) return {};
  const { kind, name = '', uid } = reference;
  const { namespace } = account.metadata;
  switch (kind) {
    case 'Pod': {
      const pod = found(registry.reader(pods).get(`${namespace}/${name}`), pods, reference);
      const user = pod.spec?.serviceAccountName || 'default';
      if (user !== account.metadata.name) {
        throw badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`,
        );
      }
      return { pod: boundOf(pod, uid), ...nodeOf(pod, registry) };
    }
    case 'Secret':
      return { secret: boundOf(found(registry.reader(secrets).get(`${namespace}/${name}`), secrets, reference), uid) };
    case 'Node':
      return { node: boundOf(found(registry.reader(nodes).get(name), nodes, reference), uid) };
    default:
      throw badRequest(`cannot bind token to object of type ${reference.apiVersion}/${kind}`);
  }
}

function found<T extends KubeObject>(
  object: T | undefined,
  { plural }: Resource<T>,
  { name = '', uid }: BoundObjectReference,
): T {
  if (object === undefined) throw notFound({ group: '', resource: plural }, name);
  if (uid !== undefined && uid !== object.metadata.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: '', resource: plural }, name, why);
  }
  return object;
}

function boundOf({ metadata }: KubeObject, uid: string | undefined): Bound {
  return { name: metadata.name, uid: uid ?? metadata.uid ?? '' };
}

function nodeOf(pod: Pod, registry: Pick<Registry, 'reader'>): BoundObjects {
  const name = pod.spec?.nodeName;
  if (!name) return {};
  return { node: { name, uid: registry.reader(nodes).get(name)?.metadata.uid ?? '' } };
}

/** A node may ask for tokens bound to pods that run on it, no others. Rule: NodeRestriction. */
function mayRequest({ user, info }: Call, { pod, node }: BoundObjects): void {
  if (!user.groups.includes('system:nodes') || !user.name.startsWith('system:node:')) return;
  if (pod !== undefined && node?.name === user.name.slice('system:node:'.length)) return;
  const why =
    pod === undefined
      ? 'node requested token not bound to a pod'
      : 'node requested token bound to a pod scheduled on a different node';
  throw failure('Forbidden', `serviceaccounts ${JSON.stringify(info.name)} is forbidden: ${why}`, {
    name: info.name,
    kind: 'serviceaccounts',
  });
}
