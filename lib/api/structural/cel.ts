// Values as rules in CEL see them, by their schema. Rule: Custom Resources, "Validation rules", types and escaping.
import { toCel } from '#lib/cel/values.ts';
import { additionalOf, isStruct, itemsOf, propertyOf, type Structural } from './structural.ts';

/** Only what the schema specifies can be seen; of a whole object's metadata only its names. */
export function celOf(value: unknown, schema: Structural, isResource = false): unknown {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true && schema.properties === undefined) return toCel(value);
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return items === undefined ? toCel(value) : value.map((item) => celOf(item, items));
  }
  if (typeof value === 'number') return schema.type === 'number' ? value : toCel(value);
  if (typeof value === 'string') return textOf(value, schema);
  if (!isStruct(value)) return value ?? null;
  const map = new Map<string, unknown>();
  const hasIdentity = isResource || schema['x-kubernetes-embedded-resource'] === true;
  const additional = additionalOf(schema);
  for (const [key, one] of Object.entries(value)) {
    const property = propertyOf(schema, key);
    if (hasIdentity && key === 'metadata') map.set(key, metadataOf(one));
    else if (hasIdentity && (key === 'apiVersion' || key === 'kind')) map.set(key, one);
    else if (property !== undefined) map.set(escaped(key), celOf(one, property));
    else if (additional !== undefined) map.set(key, celOf(one, additional));
  }
  return map;
}

function textOf(value: string, { format }: Structural): unknown {
  if (format !== 'date-time' && format !== 'date') return value;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? value : time;
}

function metadataOf(metadata: unknown): unknown {
  const { name, generateName } = (isStruct(metadata) ? metadata : {}) as { name?: unknown; generateName?: unknown };
  return toCel({ ...(name === undefined ? {} : { name }), ...(generateName === undefined ? {} : { generateName }) });
}

/** A property's name as an identifier. */
function escaped(name: string): string {
  if (keywords.has(name)) return `__${name}__`;
  return name.replace(/__|[.\-/]/g, (part) => escapes[part]!);
}
const escapes: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};
const keywords: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** The property that an identifier means. */
export function unescaped(name: string): string {
  const plain = name
    .replaceAll('__dot__', '.')
    .replaceAll('__dash__', '-')
    .replaceAll('__slash__', '/')
    .replaceAll('__underscores__', '__');
  return /^__[a-z]+__$/.test(plain) ? plain.slice(2, -2) : plain;
}
