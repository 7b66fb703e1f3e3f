import { type TypeSchema, typeNamed } from '#lib/api/schema.ts';
import { quote, sortedKeys, writeAny } from './text.ts';
import { type FieldWriter, writersOf, writeStruct } from './writers.ts';

/**
 * `object` in the JSON that a server answers: fields in the order of the type, zero values left out where Go leaves them
 * out, keys of maps sorted. Without a type (custom resources): apiVersion, kind, metadata, then the rest sorted.
 * What the type does not have is left out. Values are taken to be canonical already, as `decodeObject` makes them.
 */
export function encodeObject(object: object, type: TypeSchema | undefined): string {
  const value = object as Readonly<Record<string, unknown>>;
  return isOpen(type) ? encodeHead(value, undefined, true).text : writeStruct(value, writersOf(type));
}

/** JSON of any value that has a declared type, `io.k8s.api.core.v1.PodSpec` say. */
export function encodeAs(value: object, typeName: string): string {
  return writeStruct(value as Readonly<Record<string, unknown>>, writersOf(typeNamed(typeName)));
}

export interface StoredText {
  /** Without metadata.resourceVersion. */
  readonly bytes: Uint8Array;
  /** Where in `bytes` it belongs: for `withResourceVersion`. */
  readonly resourceVersionAt: number;
}

/** The JSON of a top-level object (one with ObjectMeta), ready to take any resourceVersion. */
export function encodeForStore(object: object, type: TypeSchema | undefined): StoredText {
  const { text, resourceVersionAt } = encodeHead(
    object as Readonly<Record<string, unknown>>,
    isOpen(type) ? undefined : type,
    false,
  );
  // Nearly always all before it is ASCII, and a character one byte.
  const bytes = encoder.encode(text);
  const isAscii = bytes.length === text.length;
  return {
    bytes,
    resourceVersionAt: isAscii ? resourceVersionAt : encoder.encode(text.slice(0, resourceVersionAt)).length,
  };
}

const encoder = new TextEncoder();

/** Nothing is declared of the fields of custom resources. */
function isOpen(type: TypeSchema | undefined): type is undefined {
  return type === undefined || type.conform !== undefined;
}

function encodeHead(
  value: Readonly<Record<string, unknown>>,
  type: TypeSchema | undefined,
  keepsResourceVersion: boolean,
): { readonly text: string; readonly resourceVersionAt: number } {
  const meta = encodeMeta((value['metadata'] ?? {}) as Readonly<Record<string, unknown>>, keepsResourceVersion);
  let text = '{';
  let metaAt = 0;
  const add = (key: string, piece: string): void => {
    if (piece === '') return;
    text += text === '{' ? key : `,${key}`;
    if (key === '"metadata":') metaAt = text.length;
    text += piece;
  };
  if (type === undefined) {
    for (const key of ['apiVersion', 'kind'] as const)
      if (value[key] !== undefined) add(`"${key}":`, quote(String(value[key])));
    add('"metadata":', meta.text);
    for (const key of sortedKeys(value)) {
      if (!headKeys.has(key) && value[key] !== undefined) add(`${quote(key)}:`, writeAny(value[key], true));
    }
  } else {
    for (const { json, key, write } of writersOf(type)) add(key, json === 'metadata' ? meta.text : write(value[json]));
  }
  return { text: `${text}}`, resourceVersionAt: metaAt + meta.resourceVersionAt };
}

const headKeys: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

function encodeMeta(
  meta: Readonly<Record<string, unknown>>,
  keepsResourceVersion: boolean,
): { readonly text: string; readonly resourceVersionAt: number } {
  const writers: readonly FieldWriter[] = writersOf(typeNamed('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'));
  let text = '{';
  let resourceVersionAt = -1;
  for (const { json, key, write } of writers) {
    if (json === 'resourceVersion' && !keepsResourceVersion) {
      resourceVersionAt = text.length;
      continue;
    }
    const piece = write(meta[json]);
    if (piece === '') continue;
    // The comma stands before the place of the resourceVersion: what follows is then whole again with `"k":"v",`.
    text += text === '{' ? key : `,${key}`;
    if (resourceVersionAt > 1 && text.charCodeAt(resourceVersionAt) === 0x2c) resourceVersionAt++;
    text += piece;
  }
  return { text: `${text}}`, resourceVersionAt };
}
