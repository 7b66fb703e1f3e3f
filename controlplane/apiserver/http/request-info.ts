import { badRequest } from '#lib/api/status.ts';

/**
 * What a request is about, as authorization and routing see it.
 * Rule: k8s.io/apiserver endpoints/request, RequestInfo.
 */
export interface RequestInfo {
  readonly isResource: boolean;
  /** As sent, without query. */
  readonly path: string;
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** What follows the subresource, raw, with its leading slash: the path that a proxy asks for. '' if nothing follows. */
  readonly rest: string;
}

/** @throws {StatusError} BadRequest if the path is no valid percent-encoding */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const raw = path.slice(1).split('/');
  const isGrouped = raw[0] === 'apis';
  const at = isGrouped ? 3 : 2; // where the resource part begins
  if ((!isGrouped && raw[0] !== 'api') || raw.length <= at) return plain(method, path);
  const last = raw.at(-1) === '' ? raw.length - 1 : raw.length;
  if (last <= at) return plain(method, path);
  const [group, version] = isGrouped ? [raw[1]!, raw[2]!] : ['', raw[1]!];
  let next = at;
  const ofMethod = verbOfMethod[method] ?? '';
  let isWatch = false;
  if (raw[next] === 'watch' && next + 1 < last) {
    isWatch = true; // /api/v1/watch/...: old, still served
    next += 1;
  }
  let namespace = '';
  if (raw[next] === 'namespaces' && next + 1 < last) {
    namespace = decode(raw[next + 1]!);
    const isOfNamespace = next + 2 >= last || (namespaceSubresources.has(raw[next + 2]!) && next + 3 >= last);
    if (!isOfNamespace) next += 2;
  }
  const resource = decode(raw[next]!);
  const name = next + 1 < last ? decode(raw[next + 1]!) : '';
  const subresource = next + 2 < last ? decode(raw[next + 2]!) : '';
  const rest = next + 3 < raw.length ? `/${raw.slice(next + 3).join('/')}` : '';
  const verb = verbOn(isWatch ? 'watch' : ofMethod, name, query);
  return {
    isResource: true,
    path,
    verb,
    group: decode(group),
    version: decode(version),
    namespace,
    resource,
    subresource,
    name: name === '' && ofCollections.has(verb) ? namedByField(query) : name,
    rest,
  };
}

function plain(method: string, path: string): RequestInfo {
  const verb = method.toLowerCase();
  const nothing = { group: '', version: '', namespace: '', resource: '', subresource: '', name: '', rest: '' };
  return { isResource: false, path, verb, ...nothing };
}

/** A GET without a name is a list or a watch, a DELETE without one deletes the collection. */
function verbOn(verb: string, name: string, query: URLSearchParams): string {
  if (name !== '') return verb;
  if (verb === 'get') return isTrue(query.get('watch')) ? 'watch' : 'list';
  return verb === 'delete' ? 'deletecollection' : verb;
}
const ofCollections: ReadonlySet<string> = new Set(['list', 'watch', 'deletecollection']);

/** `fieldSelector=metadata.name=x` counts as the name: roles with resourceNames then apply. */
function namedByField(query: URLSearchParams): string {
  const terms = (query.get('fieldSelector') ?? '').split(',');
  for (const term of terms) {
    const name = /^metadata\.name==?([^=\\]+)$/.exec(term)?.[1];
    if (name !== undefined && !name.includes('/') && !name.includes('%')) return name;
  }
  return '';
}

/** Rule: conversion of query parameters: anything but `false` and `0` is true. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

function decode(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`invalid URL escape ${JSON.stringify(segment)}`);
  }
}

const namespaceSubresources: ReadonlySet<string> = new Set(['status', 'finalize']);
const verbOfMethod: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
