// OpenAPI documents of extension API servers: what they publish of their own group and version joins ours.
import { definitionOf, type Schema } from '#lib/api/openapi/definition.ts';
import { typeNamed, typeNames } from '#lib/api/schema.ts';
import type { Target } from '../proxy/target.ts';
import { type Fetched, fetchDocument } from './discover.ts';

export interface RemoteDocument {
  /** `apis/GROUP/VERSION` */
  readonly path: string;
  /** Where its document of version 3 is, if there is one. */
  readonly url?: string;
  readonly v2?: DocumentPart;
  /** It publishes none of version 3 at all: ours is made of `v2`. */
  readonly isOld?: boolean;
  readonly etag?: string;
}

/** What joins the document of version 2. */
export interface DocumentPart {
  readonly paths: Schema;
  readonly definitions: Schema;
}

/** What the server publishes of `path`; what it does not publish is left out. `known`: what it published before. */
export async function fetchDocuments(
  target: Target,
  path: string,
  known: RemoteDocument | undefined,
  signal: AbortSignal,
): Promise<RemoteDocument> {
  const absent = (): Fetched => ({ document: {} });
  const index = (await fetchDocument(target, '/openapi/v3', undefined, signal).catch(absent)).document as V3Index;
  const isOld = index.paths === undefined;
  const { document, etag } = await fetchDocument(target, '/openapi/v2', known?.etag, signal).catch(absent);
  signal.throwIfAborted();
  const url = index.paths?.[path]?.serverRelativeURL;
  const v2 = document === undefined ? known?.v2 : partOf(document as Partial<DocumentPart>, path);
  return {
    path,
    ...(typeof url === 'string' ? { url } : {}),
    ...(v2 === undefined ? {} : { v2, ...(isOld ? { isOld } : {}) }),
    ...(etag === undefined ? {} : { etag }),
  };
}

interface V3Index {
  readonly paths?: Readonly<Record<string, { readonly serverRelativeURL?: unknown } | undefined>>;
}

/**
 * The paths below `path`, and the definitions that they lead to. One whose name we use for something else gets a name
 * of its own. Pure. Rule: kube-openapi aggregator, FilterSpecByPaths and MergeSpecs with renaming.
 */
export function partOf(
  { paths = {}, definitions = {} }: Partial<DocumentPart>,
  path: string,
): DocumentPart | undefined {
  const kept = Object.entries(paths).filter(([one]) => one.startsWith(`/${path}/`));
  if (kept.length === 0) return undefined;
  const used = new Set<string>();
  const visit = (text: string): void => {
    for (const [, name] of text.matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)) {
      if (used.has(name!) || !Object.hasOwn(definitions, name!)) continue;
      used.add(name!);
      visit(JSON.stringify(definitions[name!]));
    }
  };
  visit(JSON.stringify(kept));
  const names = new Map([...used].map((name) => [name, nameFor(name, definitions[name])]));
  const renamed = <T>(value: T): T =>
    JSON.parse(
      JSON.stringify(value).replaceAll(/"\$ref":"#\/definitions\/([^"]+)"/g, (all, name: string) => {
        const now = names.get(name);
        return now === undefined ? all : `"$ref":${JSON.stringify(`#/definitions/${now}`)}`;
      }),
    );
  const own = [...names].filter(([, now]) => !known.has(now));
  return {
    paths: renamed(Object.fromEntries(kept)),
    definitions: renamed(Object.fromEntries(own.map(([name, now]) => [now, definitions[name]]))),
  };
}

const known: ReadonlySet<string> = new Set(typeNames());

/** Descriptions do not make two definitions differ: ours are in words of our own. */
function nameFor(name: string, definition: unknown): string {
  if (!known.has(name)) return name;
  const ours = bare(definitionOf(typeNamed(name), 'v2'));
  return ours === bare(definition) ? name : `${name}_v2`;
}

function bare(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown, isOfNames = false): unknown {
  if (Array.isArray(value)) return value.map((one) => sorted(one));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key]) => isOfNames || !['description', 'default', 'x-kubernetes-group-version-kind'].includes(key),
  );
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one, !isOfNames && key === 'properties')]));
}
