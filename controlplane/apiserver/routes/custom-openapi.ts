// OpenAPI documents with what custom resources and extension API servers add: joined to those of the built-in ones, which are made once.
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type CustomResource, customV2, customV3 } from '#lib/api/openapi/custom.ts';
import { v3FromV2 } from '#lib/api/openapi/from-v2.ts';
import { encodeOpenApiV2 } from '#lib/api/openapi/v2-protobuf.ts';
import { customResourceDefinitions } from '#lib/api/resources.ts';
import type { DocumentPart } from '../aggregation/documents.ts';
import type { Registry } from '../registry/registry.ts';
import type { Catalog } from './catalog.ts';
import type { OpenApiPacked } from './openapi-child.ts';

export interface CustomDocuments {
  v2(base: Promise<OpenApiPacked>): Promise<OpenApiPacked>;
  v2Protobuf(base: Promise<OpenApiPacked>): Promise<OpenApiPacked>;
  v3Index(base: Promise<OpenApiPacked>): Promise<OpenApiPacked>;
  /** Undefined: no definition made this group and version. */
  v3(path: string): Promise<OpenApiPacked> | undefined;
}

/** `version`: of the server. */
export function createCustomDocuments(
  { custom, customGroups, documents = [] }: Catalog,
  registry: Pick<Registry, 'reader'>,
  version: string,
): CustomDocuments {
  const described = describe(custom, registry);
  const isBare = described.length === 0 && documents.length === 0;
  const paths = customGroups.flatMap(({ group, versions }) =>
    versions.map((one) => ({ group, version: one, path: `apis/${group}/${one}` })),
  );
  const old = documents.filter(({ isOld }) => isOld);
  const texts = new Map<string, string>(); // bounded by the paths
  const made = new Map<string, Promise<OpenApiPacked>>(); // those, and three more

  function once(key: string, make: () => Promise<OpenApiPacked>): Promise<OpenApiPacked> {
    const known = made.get(key);
    if (known !== undefined) return known;
    const promise = make();
    made.set(key, promise);
    promise.catch(() => made.delete(key)); // the next one who asks tries again
    return promise;
  }

  function textOf(path: string): string | undefined {
    const found = paths.find((one) => one.path === path);
    const converted = old.find((one) => one.path === path)?.v2;
    if (found === undefined && converted === undefined) return undefined;
    const known = texts.get(path);
    if (known !== undefined) return known;
    const text = found === undefined ? v3FromV2(converted!, version) : customV3(ofVersion(found), version);
    texts.set(path, JSON.stringify(text));
    return texts.get(path);
  }

  function ofVersion(found: (typeof paths)[0]): readonly CustomResource[] {
    return described.filter(({ resource }) => resource.group === found.group && resource.version === found.version);
  }

  /** The first one who describes a path or a definition is believed. */
  function addedV2(): DocumentPart {
    const parts = [customV2(described), ...documents.flatMap(({ v2 }) => v2 ?? [])].reverse();
    return {
      paths: Object.assign({}, ...parts.map((part) => part.paths)),
      definitions: Object.assign({}, ...parts.map((part) => part.definitions)),
    };
  }

  return {
    v2(base) {
      if (isBare) return base;
      return once('v2', async () => {
        const text = (await unzip((await base).bytes)).toString();
        return packed(joined(text, addedV2()));
      });
    },
    v2Protobuf(base) {
      if (isBare) return base;
      return once('v2 protobuf', async () => {
        const { bytes, etag } = await base;
        const part = encodeOpenApiV2({ ...addedV2() });
        // Messages that follow each other are one message with the fields of both, and so are packed streams.
        const whole = Buffer.concat([bytes, await zip(part)]);
        return { bytes: whole, etag: tagOf(Buffer.concat([Buffer.from(etag), part])) };
      });
    },
    v3Index(base) {
      if (isBare) return base;
      return once('v3', async () => {
        const index = JSON.parse((await unzip((await base).bytes)).toString());
        const added = [...old, ...paths].map(({ path }) => {
          const hash = createHash('sha256').update(textOf(path)!).digest('hex').slice(0, 32).toUpperCase();
          return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
        });
        const remote = documents.flatMap(({ path, url }) =>
          url === undefined ? [] : [[path, { serverRelativeURL: url }] as const],
        );
        const all = { ...Object.fromEntries([...added, ...remote]), ...index.paths };
        // The group is in the list from its first version on.
        return packed(JSON.stringify({ paths: all }));
      });
    },
    v3(path) {
      const text = textOf(path);
      return text === undefined ? undefined : once(path, () => packed(text));
    },
  };
}

function describe(custom: Catalog['custom'], registry: Pick<Registry, 'reader'>): readonly CustomResource[] {
  const definitions = registry.reader(customResourceDefinitions);
  return custom.map((resource) => {
    const definition = definitions.get(`${resource.plural}.${resource.group}`);
    const version = definition?.spec.versions.find(({ name }) => name === resource.version);
    return { resource, schema: version?.schema?.openAPIV3Schema };
  });
}

/** The JSON of a document with these paths and definitions, too: what is large is not parsed. */
function joined(text: string, { paths, definitions }: DocumentPart): string {
  const start = '"paths":{';
  const middle = '},"definitions":{';
  const at = text.indexOf(start);
  const then = text.indexOf(middle, at);
  if (at === -1 || then === -1) throw new TypeError('The document has no paths followed by definitions');
  const inner = (part: object) =>
    Object.entries(part)
      .map((one) => `${JSON.stringify(one[0])}:${JSON.stringify(one[1])},`)
      .join('');
  const head = text.slice(0, at + start.length);
  const rest = text.slice(at + start.length, then);
  return `${head}${inner(paths)}${rest}${middle}${inner(definitions)}${text.slice(then + middle.length)}`;
}

async function packed(text: string): Promise<OpenApiPacked> {
  return { bytes: await zip(text), etag: tagOf(text) };
}

function tagOf(content: string | Uint8Array): string {
  return `"${createHash('sha512').update(content).digest('hex').toUpperCase()}"`;
}

const zip = promisify<string | Uint8Array, Buffer>(gzip);
const unzip = promisify<Uint8Array, Buffer>(gunzip);
