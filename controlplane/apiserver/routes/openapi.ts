// OpenAPI documents. They are large, seldom asked for, and most clients take gzip: so they are made at the first demand,
// in a process of their own, and kept packed.
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { builtInGroups } from '#lib/api/discovery/served.ts';
import { rootOperations } from '#lib/api/openapi/root-operations.ts';
import { failure } from '#lib/api/status.ts';
import { askChild } from '#lib/fork.ts';
import type { ApiResponse } from '../exchange.ts';
import type { Call } from '../handler.ts';
import { jsonType, parseAccept } from '../http/negotiate.ts';
import { notFoundPage } from '../http/reply.ts';
import type { Registry } from '../registry/registry.ts';
import type { Catalog } from './catalog.ts';
import { createCustomDocuments } from './custom-openapi.ts';
import { perCatalog } from './documents.ts';
import type { OpenApiPacked, OpenApiWish } from './openapi-child.ts';
import type { PathRoute } from './paths.ts';

/** `version`: of the server, as in /version. */
export function openApiRoutes(
  version: string,
  catalog: () => Catalog,
  registry: Pick<Registry, 'reader'>,
  nowMs: () => number,
): ReadonlyMap<string, PathRoute> {
  const custom = perCatalog(catalog, (current) => createCustomDocuments(current, registry, version));

  const documents = new Map<string, Promise<OpenApiPacked>>(); // bounded by the groups and versions that are served

  function pack(wish: Wish): Promise<OpenApiPacked> {
    const key = JSON.stringify(wish);
    let known = documents.get(key);
    if (known === undefined) {
      known = askChild<OpenApiPacked>(new URL('openapi-child.ts', import.meta.url), { ...wish, version });
      documents.set(key, known);
      known.catch(() => documents.delete(key)); // the next one who asks tries again
    }
    return known;
  }

  async function answerV2(call: Call): Promise<ApiResponse> {
    const type = chosenType(call, [...v2ProtobufTypes, jsonType]);
    if (type === jsonType) return answer(call, await custom().v2(pack({ document: 'v2' })), type);
    // Asked for with an @, answered without: Go's parser of media types takes none.
    return answer(call, await custom().v2Protobuf(pack({ document: 'v2 protobuf' })), type.replace('@', '.'));
  }

  async function answerV3(call: Call): Promise<ApiResponse> {
    const type = chosenType(call, [jsonType]);
    const path = call.info.path.slice('/openapi/v3'.length).replace(/^\//, '');
    if (path === '') return answer(call, await custom().v3Index(pack({ document: 'v3' })), type);
    const own = custom().v3(path);
    const found = wishes.get(path);
    if (own !== undefined && found === undefined) return answer(call, await own, type);
    if (found === undefined) return notFoundPage();
    const hash = call.request.query.get('hash');
    const current = hash === null ? undefined : await urlOf(path);
    if (current !== undefined && !current.endsWith(`?hash=${hash}`)) {
      return { status: 301, headers: { location: current }, body: '' };
    }
    const response = await answer(call, await pack(found), type);
    if (hash === null) return response;
    const expires = new Date(nowMs() + yearMs).toUTCString();
    return { ...response, headers: { ...response.headers, 'cache-control': 'public, immutable', expires } };
  }

  let urls: Promise<V3Index> | undefined;

  async function urlOf(path: string): Promise<string | undefined> {
    urls ??= pack({ document: 'v3' }).then(async ({ bytes }) => JSON.parse((await unzip(bytes)).toString()));
    return (await urls).paths[path]?.serverRelativeURL;
  }

  return new Map<string, PathRoute>([
    ['/openapi/v2', answerV2],
    ['/openapi/v3', answerV3],
    ['/openapi/v3/', answerV3],
  ]);
}

type Wish = Omit<OpenApiWish, 'version'>;

interface V3Index {
  readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string } | undefined>>;
}

/** What the server brings along, by path. */
const wishes: ReadonlyMap<string, Wish> = new Map<string, Wish>([
  ...[...rootOperations(builtInGroups).keys()].map((path) => [path, { document: 'v3 root', path }] as const),
  ...builtInGroups.flatMap(({ group, versions }) =>
    versions.map((groupVersion) => {
      const path = group === '' ? `api/${groupVersion}` : `apis/${group}/${groupVersion}`;
      return [path, { document: 'v3 version', group, groupVersion }] as const;
    }),
  ),
]);

const v2ProtobufTypes = [
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
];

const unzip = promisify(gunzip);
/** What is asked for by its hash never changes: as long as HTTP lets one say. */
const yearMs = 365 * 86_400_000;

async function answer({ request }: Call, { bytes, etag }: OpenApiPacked, type: string): Promise<ApiResponse> {
  const vary = 'Accept, Accept-Encoding';
  if (request.headers['if-none-match'] === etag) return { status: 304, headers: { etag, vary } };
  const headers = { 'content-type': type, etag, vary };
  if (/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
    return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: bytes };
  }
  return { status: 200, headers, body: await unzip(bytes) };
}

/** @throws {StatusError} NotAcceptable */
function chosenType({ request }: Call, types: readonly string[]): string {
  const accept = request.headers['accept'] ?? '';
  if (accept === '') return jsonType;
  for (const { type } of parseAccept(accept)) {
    if (type === '*/*' || type === 'application/*') return jsonType;
    if (types.includes(type)) return type;
  }
  throw failure('NotAcceptable', `only the following media types are accepted: ${types.join(', ')}`);
}
