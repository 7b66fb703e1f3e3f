// Discovery: what the API is, for clients. Documents are made when first asked for, and kept.
import { createHash } from 'node:crypto';
import { type AggregatedVersion, aggregatedDocument } from '#lib/api/discovery/aggregated.ts';
import {
  apiVersionsDocument,
  groupDocument,
  groupListDocument,
  resourceListDocument,
} from '#lib/api/discovery/legacy.ts';
import { builtInGroups, builtInResources } from '#lib/api/discovery/served.ts';
import type { ApiResponse } from '../exchange.ts';
import type { Call } from '../handler.ts';
import { jsonType, parseAccept } from '../http/negotiate.ts';
import { notFoundPage } from '../http/reply.ts';
import { answerDocument, type PathRoute } from './paths.ts';

/** `serverAddress`: host and port under which clients reach the server. */
export function discoveryRoutes(serverAddress: string): ReadonlyMap<string, PathRoute> {
  const routes = new Map<string, PathRoute>();
  const serve = (path: string, make: () => { readonly kind?: string | undefined }) => {
    const document = once(make);
    routes.set(path, (call) => answerDocument(call, document()));
  };
  for (const { group, versions } of builtInGroups) {
    const base = group === '' ? '/api' : `/apis/${group}`;
    if (group !== '') serve(base, () => groupDocument({ group, versions }));
    for (const version of versions)
      serve(`${base}/${version}`, () => resourceListDocument({ group, version }, builtInResources));
  }
  const roots = { '/api': () => apiVersionsDocument(serverAddress), '/apis': () => groupListDocument(builtInGroups) };
  for (const path of ['/api', '/apis'] as const) {
    const legacy = once<{ readonly kind?: string | undefined }>(roots[path]);
    const aggregated = { v2: once(() => rendered(path, 'v2')), v2beta1: once(() => rendered(path, 'v2beta1')) };
    const answer = (call: Call): Promise<ApiResponse> | ApiResponse => {
      const version = aggregatedVersion(call.request.headers['accept']);
      if (version === undefined) return answerDocument(call, legacy());
      const type = `${jsonType};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
      return answerTagged(call, { ...aggregated[version](), type });
    };
    routes.set(path, answer).set(`${path}/`, (call) => (call.info.path === `${path}/` ? answer(call) : notFoundPage()));
  }
  return routes;
}

function rendered(path: '/api' | '/apis', version: AggregatedVersion): Tagged {
  return tagged(JSON.stringify(aggregatedDocument(path, builtInGroups, builtInResources, version)));
}

/** The version of the aggregated document that the client prefers to the plain one. */
function aggregatedVersion(accept = ''): AggregatedVersion | undefined {
  for (const { type, parameters } of parseAccept(accept)) {
    const version = parameters.get('v');
    const isAsked = parameters.get('as') === 'APIGroupDiscoveryList' && parameters.get('g') === 'apidiscovery.k8s.io';
    if (type === jsonType && isAsked && (version === 'v2' || version === 'v2beta1')) return version;
    if (!parameters.has('as')) return undefined;
  }
  return undefined;
}

export interface Tagged {
  readonly text: string;
  readonly etag: string;
}

export function tagged(text: string): Tagged {
  return { text, etag: `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"` };
}

/** A document with its ETag; nothing but 304 for who has it already. */
export function answerTagged({ request }: Call, { text, etag, type }: Tagged & { readonly type: string }): ApiResponse {
  const headers = { 'content-type': type, etag, vary: 'Accept' };
  if (request.headers['if-none-match'] === etag) return { status: 304, headers: { etag, vary: 'Accept' } };
  return { status: 200, headers, body: text };
}

export function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
