// Renders one OpenAPI document and packs it, in a process: it takes a quarter of a second and tens of megabytes.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { builtInGroups, builtInResources } from '#lib/api/discovery/served.ts';
import { rootOperations } from '#lib/api/openapi/root-operations.ts';
import { openApiV2 } from '#lib/api/openapi/v2.ts';
import { encodeOpenApiV2 } from '#lib/api/openapi/v2-protobuf.ts';
import { openApiV3, openApiV3Of } from '#lib/api/openapi/v3.ts';
import { openApiV3Index } from '#lib/api/openapi/v3-index.ts';
import { answerParent } from '#lib/fork.ts';

export interface OpenApiWish {
  readonly document: 'v2' | 'v2 protobuf' | 'v3' | 'v3 version' | 'v3 root';
  readonly version: string;
  /** Of a `v3 version`. */
  readonly group?: string;
  readonly groupVersion?: string;
  /** Of a `v3 root`. */
  readonly path?: string;
}

/** The document, compressed. */
export interface OpenApiPacked {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

function render({ document, version, group, groupVersion, path = '' }: OpenApiWish): string | Uint8Array {
  switch (document) {
    case 'v2':
      return JSON.stringify(openApiV2(builtInResources, version));
    case 'v2 protobuf':
      return encodeOpenApiV2(openApiV2(builtInResources, version));
    case 'v3':
      return JSON.stringify(openApiV3Index(builtInGroups, builtInResources, version));
    case 'v3 version': {
      const served = builtInResources.filter((one) => one.group === group && one.version === groupVersion);
      return JSON.stringify(openApiV3(served, version));
    }
    case 'v3 root':
      return JSON.stringify(openApiV3Of([rootOperations(builtInGroups).get(path)!], version));
  }
}

answerParent((wish: OpenApiWish): OpenApiPacked => {
  const content = render(wish);
  const etag = `"${createHash('sha512').update(content).digest('hex').toUpperCase()}"`;
  return { bytes: gzipSync(content), etag };
});
