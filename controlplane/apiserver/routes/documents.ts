// Discovery: what the API is, for clients. Documents are made when first asked for, and kept.
import { createHash } from 'node:crypto';
import { type AggregatedVersion, aggregatedDocument } from '#lib/api/discovery/aggregated.ts';
import {
  apiVersionsDocument,
  groupDocument,
  groupListDocument,
  resourceListDocument,
} from '#lib/api/discovery/legacy.ts';
import type { ApiResponse } from '../exchange.ts';
import type { Call } from '../handler.ts';
import { jsonType, parseAccept } from '../http/negotiate.ts';
import { notFoundPage } from '../http/reply.ts';
import type { Catalog } from './catalog.ts';
import { answerDocument, type PathRoute } from './paths.ts';

/** `serverAddress`: host and port under which clients reach the server. */
export function discoveryRoutes(serverAddress: string, catalog: () => Catalog): DiscoveryRoutes {
  const documents = perCatalog(catalog, (current) => createDocuments(serverAddress, current));
  const answerRoot =
    (path: '/api' | '/apis'): PathRoute =>
    (call) => {
      const version = aggregatedVersion(call.request.headers['accept']);
      if (version === undefined) return answerDocument(call, documents().get(path)!());
      const type = `${jsonType};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
      return answerTagged(call, { ...documents().aggregated(path, version), type });
    };
  const routes = new Map<string, PathRoute>();
  for (const path of ['/api', '/apis'] as const) {
    const answer = answerRoot(path);
    routes.set(path, answer).set(`${path}/`, (call) => {
      if (call.info.path === `${path}/`) return answer(call);
      const document = documents().get(call.info.path.replace(/\/$/, ''));
      return document === undefined ? notFoundPage() : answerDocument(call, document());
    });
  }
  return { routes, paths: () => documents().paths };
}

export interface DiscoveryRoutes {
  readonly routes: ReadonlyMap<string, PathRoute>;
  /** What there is to find at the moment. */
  paths(): readonly string[];
}

type Document = { readonly kind?: string | undefined };

interface Documents {
  get(path: string): (() => Document) | undefined;
  aggregated(path: '/api' | '/apis', version: AggregatedVersion): Tagged;
  readonly paths: readonly string[];
}

function createDocuments(serverAddress: string, { groups, resources }: Catalog): Documents {
  const documents = new Map<string, () => Document>([
    ['/api', once(() => apiVersionsDocument(serverAddress))],
    ['/apis', once(() => groupListDocument(groups))],
  ]);
  for (const { group, versions } of groups) {
    const base = group === '' ? '/api' : `/apis/${group}`;
    if (group !== '')
      documents.set(
        base,
        once(() => groupDocument({ group, versions })),
      );
    for (const version of versions) {
      documents.set(
        `${base}/${version}`,
        once(() => resourceListDocument({ group, version }, resources)),
      );
    }
  }
  const rendered = new Map<string, Tagged>(); // two paths, two versions
  return {
    get: (path) => documents.get(path),
    paths: [...documents.keys()],
    aggregated(path, version) {
      const key = `${path} ${version}`;
      const known = rendered.get(key);
      if (known !== undefined) return known;
      const made = tagged(JSON.stringify(aggregatedDocument(path, groups, resources, version)));
      rendered.set(key, made);
      return made;
    },
  };
}

/** What `make` makes of the catalog, made anew when that has changed. */
export function perCatalog<T>(catalog: () => Catalog, make: (current: Catalog) => T): () => T {
  let made: { readonly of: Catalog; readonly value: T } | undefined;
  return () => {
    const current = catalog();
    if (made?.of !== current) made = { of: current, value: make(current) };
    return made.value;
  };
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
