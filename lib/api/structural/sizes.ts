// How large what a schema describes can be, when a whole request may have three megabytes. Pure.
// Rule: k8s.io/apiserver pkg/cel/common, SchemaDeclType.
import type { Size } from '#lib/cel/estimate.ts';
import { unescaped } from './cel.ts';
import { additionalOf, itemsOf, type Structural } from './structural.ts';

const mostBytes = 3 * 1024 * 1024;

/** Of the values of `schema`. */
export function sizeOf(schema: Structural): Size {
  if (schema['x-kubernetes-int-or-string'] === true) return { kind: 'text', most: mostBytes - 2 };
  switch (schema.type) {
    case 'string':
      return schema.format === 'byte' || !Object.hasOwn(times, schema.format ?? '')
        ? { kind: 'text', most: mostText(schema) }
        : { kind: 'scalar', most: times[schema.format ?? '']! };
    case 'array': {
      const items = itemsOf(schema) ?? {};
      return { kind: 'list', most: mostItems(schema), items: () => sizeOf(items) };
    }
    case 'object': {
      const additional = additionalOf(schema);
      if (additional !== undefined && schema.properties === undefined) {
        return { kind: 'map', most: mostEntries(schema), items: () => sizeOf(additional) };
      }
      const field = (name: string) => {
        const property = schema.properties?.[unescaped(name)];
        return property === undefined ? undefined : sizeOf(property);
      };
      return { kind: 'object', most: 0, field };
    }
    default:
      return { kind: 'scalar', most: 0 };
  }
}

/** Formats that are no texts to a rule. */
const times: Readonly<Record<string, number>> = { duration: 32, date: 12, 'date-time': 32 };

function mostText({ maxLength, enum: values }: Structural): number {
  if (maxLength !== undefined) return Number(maxLength) * 4; // bytes of one character
  if (values !== undefined) return Math.max(0, ...values.map((one) => String(one).length));
  return mostBytes - 2;
}

function mostItems(schema: Structural): number {
  const items = itemsOf(schema);
  return Number(schema.maxItems ?? Math.floor((mostBytes - 2) / (leastBytes(items ?? {}) + 1)));
}

function mostEntries(schema: Structural): number {
  return Number(schema.maxProperties ?? Math.floor((mostBytes - 2) / (leastBytes(additionalOf(schema) ?? {}) + 6)));
}

/** How many of it can be in one request. */
export function mostInRequest(schema: Structural): number {
  return Math.floor(mostBytes / (leastBytes(schema) + 1));
}

/** How many values of `items` one of `schema` holds at most, if it says so. */
export function declaredMost(schema: Structural): number | undefined {
  const most = schema.type === 'array' ? schema.maxItems : schema.maxProperties;
  return most === undefined ? undefined : Number(most);
}

/** Of a value's JSON. */
function leastBytes(schema: Structural): number {
  switch (schema.type) {
    case 'boolean':
      return 4;
    case 'integer':
    case 'number':
      return 1;
    case 'string':
      return leastTexts[schema.format ?? ''] ?? 2;
    case 'object':
      return (schema.required ?? []).reduce((total, name) => {
        const property = schema.properties?.[name];
        return property === undefined || property.default !== undefined
          ? total
          : total + name.length + leastBytes(property) + 4;
      }, 2);
    default:
      return schema['x-kubernetes-int-or-string'] === true ? 1 : 2;
  }
}
const leastTexts: Readonly<Record<string, number>> = { duration: 3, date: 12, 'date-time': 22 };
