import type { ServedResource } from '#lib/api/discovery/served.ts';
import { failure, type StatusError } from '#lib/api/status.ts';
import type { ApiResponse } from '../exchange.ts';
import type { Call } from '../handler.ts';
import { readContent } from '../http/content.ts';
import { type AnswerForm, negotiate } from '../http/negotiate.ts';
import { wantsPretty } from '../http/pretty.ts';
import { finish, notFoundPage } from '../http/reply.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { Registry, ResourceStore, Verb } from '../registry/registry.ts';

/** Answers requests for what is not stored: reviews, tokens, streams. */
export type VirtualResource = (call: Call) => Promise<ApiResponse>;

export interface ResourceRoutesOptions {
  readonly registry: Registry;
  /** By `group/resource` or `group/resource/subresource`; of verbs in `verbs`. */
  readonly virtual: ReadonlyMap<string, VirtualResource>;
  /** Served resources that no registry stores. */
  readonly facts: readonly ServedResource[];
}

/** Answers requests for resources of the API. */
export function createResourceRoutes({ registry, virtual, facts }: ResourceRoutesOptions) {
  const served = new Set(facts.map(({ group, version }) => `${group}/${version}`));
  const byPath = new Map(facts.map((one) => [`${one.group}/${one.version}/${one.plural}`, one]));

  const isCustomVersion = (group: string, version: string): boolean =>
    registry.extensions.resources.some((one) => one.group === group && one.version === version);

  return async (call: Call): Promise<ApiResponse> => {
    const { group, version, resource, subresource, verb, name } = call.info;
    const custom = byPath.has(`${group}/${version}/${resource}`)
      ? undefined
      : registry.resource(group, version, resource);
    const isKnown = served.has(`${group}/${version}`) || custom !== undefined || isCustomVersion(group, version);
    if (!isKnown) return notFoundPage();
    const found = byPath.get(`${group}/${version}/${resource}`) ?? custom?.facts;
    if (found === undefined || !isInScope(call, found)) throw unknownResource();
    const verbs = subresource === '' ? found.verbs : found.subresources.find(({ name }) => name === subresource)?.verbs;
    if (verbs === undefined) throw unknownResource();
    if (subresource === '' && isMisplaced(verb, name)) throw methodNotAllowed();
    const answer = virtual.get(subresource === '' ? `${group}/${resource}` : `${group}/${resource}/${subresource}`);
    if (answer !== undefined) {
      // What is only created has no views: a Table of it is refused before anything is done.
      if (verb === 'create') negotiate(call.request.headers['accept'], { hasViews: false });
      return answer(call);
    }
    const store = registry.resource(group, version, resource);
    if (
      store === undefined ||
      !verbs.includes(verb) ||
      (subresource !== '' && !store.subresources.includes(subresource))
    ) {
      throw methodNotAllowed();
    }
    return serve(call, store);
  };
}

async function serve({ request, info, user }: Call, store: ResourceStore): Promise<ApiResponse> {
  const form: AnswerForm = {
    ...formFor(store, request.headers['accept']),
    isPretty: wantsPretty(request.query, request.headers['user-agent']),
  };
  refuseOtherShape(form, info, store);
  const { body, contentType, repeatedKeys } = await readContent(request, info.verb);
  const response = await store.serve({
    verb: info.verb as Verb,
    user,
    namespace: info.namespace === '' ? undefined : info.namespace,
    name: info.name === '' || ofCollections.has(info.verb) ? undefined : info.name,
    subresource: info.subresource === '' ? undefined : info.subresource,
    query: queryOf(request.query, info),
    body,
    contentType,
    repeatedKeys,
    form,
    userAgent: request.headers['user-agent'],
    // A read of one object is soon over: it needs no signal of its own.
    signal: (info.verb === 'get' ? request.serverSignal : undefined) ?? request.signal,
  });
  return finish(response, form);
}

/** Rule: handlers response, asPartialObjectMetadata and asPartialObjectMetadataList. @throws {StatusError} NotAcceptable */
function refuseOtherShape({ isOfList }: AnswerForm, { verb }: RequestInfo, { facts }: ResourceStore): void {
  const { group, kind, listKind = `${kind}List` } = facts;
  const named = `*${group === '' ? 'core' : group.split('.')[0]}.`;
  if (isOfList === true && verb === 'get') {
    const why = `the requested object is not a list (${named}${kind})`;
    throw failure('NotAcceptable', `you requested PartialObjectMetadataList, but ${why}`);
  }
  if (isOfList === false && verb === 'list') {
    const why = `the requested object is a list (${named}${listKind})`;
    throw failure('NotAcceptable', `you requested PartialObjectMetadata, but ${why}`);
  }
}

/** Objects that have no message come as JSON; what is said about them may come as one. */
function formFor({ isJsonOnly }: ResourceStore, accept: string | undefined): AnswerForm {
  const form = negotiate(accept);
  const isImpossible = isJsonOnly === true && form.encoding === 'protobuf' && form.as === 'object';
  return isImpossible ? negotiate(accept, { hasProtobuf: false }) : form;
}

/** A list of one name is a list all the same; `/watch/.../name` names it in the path, others in a field selector. */
function queryOf(query: URLSearchParams, { verb, name }: RequestInfo): URLSearchParams {
  if (name === '' || !ofCollections.has(verb) || query.has('fieldSelector')) return query;
  const limited = new URLSearchParams(query);
  limited.set('fieldSelector', `metadata.name=${name}`);
  return limited;
}
const ofCollections: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

/** What exists is not created by its name, and a collection is not written as a whole. */
function isMisplaced(verb: string, name: string): boolean {
  return name === '' ? verb === 'update' || verb === 'patch' : verb === 'create';
}

/** A namespaced resource has no object without a namespace, a cluster-scoped one none in one. */
function isInScope({ info: { namespace, name, verb, resource, group } }: Call, { scope }: ServedResource): boolean {
  if (group === '' && resource === 'namespaces') return true;
  if (scope === 'Cluster') return namespace === '';
  return namespace !== '' || (name === '' && verb !== 'create') || verb === 'list' || verb === 'watch';
}

export function unknownResource(): StatusError {
  return failure('NotFound', 'the server could not find the requested resource', {});
}

export function methodNotAllowed(): StatusError {
  return failure('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}
