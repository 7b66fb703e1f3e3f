// OpenAPI documents. They are large, seldom asked for, and most clients take gzip: so they are made at the first demand
// and kept packed. The code that renders them is loaded with the first one.
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { builtInGroups, builtInResources } from '#lib/api/discovery/served.ts';
import { failure } from '#lib/api/status.ts';
import type { ApiResponse } from '../exchange.ts';
import type { Call } from '../handler.ts';
import { jsonType, parseAccept } from '../http/negotiate.ts';
import { notFoundPage } from '../http/reply.ts';
import type { PathRoute } from './paths.ts';

/** `version`: of the server, as in /version. */
export function openApiRoutes(version: string): ReadonlyMap<string, PathRoute> {
  const documents = new Map<string, Promise<Packed>>(); // bounded by the groups and versions that are served

  function document(key: string, make: () => Promise<string | Uint8Array>): Promise<Packed> {
    let known = documents.get(key);
    if (known === undefined) documents.set(key, (known = make().then(pack)));
    return known;
  }

  async function answerV2(call: Call): Promise<ApiResponse> {
    const { openApiV2ProtobufTypes, encodeOpenApiV2 } = await import('#lib/api/openapi/v2-protobuf.ts');
    const type = chosenType(call, [...openApiV2ProtobufTypes, jsonType]);
    const render = async () => (await import('#lib/api/openapi/v2.ts')).openApiV2(builtInResources, version);
    const packed =
      type === jsonType
        ? await document('v2 json', async () => JSON.stringify(await render()))
        : await document('v2 protobuf', async () => encodeOpenApiV2(await render()));
    // Asked for with an @, answered without: Go's parser of media types takes none.
    return answer(call, packed, type.replace('@', '.'));
  }

  const index = async () =>
    (await import('#lib/api/openapi/v3-index.ts')).openApiV3Index(builtInGroups, builtInResources, version);
  let urls: ReturnType<typeof index> | undefined;

  async function answerV3(call: Call): Promise<ApiResponse> {
    urls ??= index();
    const { paths } = await urls;
    const path = call.info.path.slice('/openapi/v3/'.length);
    const type = chosenType(call, [jsonType]);
    if (path === '' || !call.info.path.startsWith('/openapi/v3/')) {
      return answer(call, await document('v3', async () => JSON.stringify({ paths })), type);
    }
    const url = paths[path]?.serverRelativeURL;
    if (url === undefined) return notFoundPage();
    const hash = call.request.query.get('hash');
    const wanted = new URLSearchParams(url.slice(url.indexOf('?'))).get('hash');
    if (hash !== null && hash !== wanted) return { status: 301, headers: { location: url }, body: '' };
    const [group, one] = path.startsWith('apis/') ? path.split('/').slice(1) : ['', path.slice('api/'.length)];
    const served = builtInResources.filter((resource) => resource.group === group && resource.version === one);
    const packed = await document(path, async () => {
      const { openApiV3 } = await import('#lib/api/openapi/v3.ts');
      return JSON.stringify(openApiV3(served, version));
    });
    const response = answer(call, packed, type);
    if (hash === null) return response;
    return { ...(await response), headers: { ...(await response).headers, 'cache-control': 'public, immutable' } };
  }

  return new Map<string, PathRoute>([
    ['/openapi/v2', answerV2],
    ['/openapi/v3', answerV3],
    ['/openapi/v3/', answerV3],
  ]);
}

interface Packed {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

const zip = promisify(gzip);
const unzip = promisify(gunzip);

async function pack(content: string | Uint8Array): Promise<Packed> {
  const etag = `"${createHash('sha512').update(content).digest('hex').toUpperCase()}"`;
  return { bytes: await zip(content), etag };
}

async function answer({ request }: Call, { bytes, etag }: Packed, type: string): Promise<ApiResponse> {
  const headers = { 'content-type': type, etag, vary: 'Accept, Accept-Encoding' };
  if (request.headers['if-none-match'] === etag) return { status: 304, headers: { etag, vary: headers.vary } };
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
