import {
  additionalOf,
  define,
  isStruct,
  itemsOf,
  mapItems,
  mapValues,
  propertyOf,
  type Struct,
  type Structural,
} from './structural.ts';

/**
 * `value` with the defaults of `schema` where nothing, or a null that may not be, stands; such a null without a default
 * goes. Nothing is changed in place: what stays is shared, defaults are copied.
 * Rule: Custom Resources, "Defaulting" and "Defaulting and Nullable".
 */
export function withDefaults(value: unknown, schema: Structural): unknown {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return items === undefined ? value : mapItems(value, (item) => itemOf(item, items));
  }
  if (!isStruct(value)) return value;
  const filled = fill(value, schema);
  const additional = additionalOf(schema);
  return mapValues(filled, (item, key) => {
    const property = propertyOf(schema, key) ?? additional;
    if (property === undefined) return item;
    if (item === null && property.nullable !== true) {
      return property.default === undefined ? undefined : withDefaults(structuredClone(property.default), property);
    }
    return withDefaults(item, property);
  });
}

/** A null in a list is no absence: it stays, and is invalid, unless there is a default for it. */
function itemOf(item: unknown, schema: Structural): unknown {
  const isReplaced = item === null && schema.nullable !== true && schema.default !== undefined;
  return withDefaults(isReplaced ? structuredClone(schema.default) : item, schema);
}

function fill(value: Struct, { properties }: Structural): Struct {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(properties ?? {})) {
    const preset: unknown = properties![key]!.default;
    if (preset === undefined || Object.hasOwn(value, key)) continue;
    copy ??= { ...value };
    define(copy, key, structuredClone(preset));
  }
  return copy ?? value;
}

/** Whether `schema` says of any field what stands there if nothing does. */
export function hasDefaults(schema: Structural): boolean {
  const below = [itemsOf(schema), additionalOf(schema), ...Object.values(schema.properties ?? {})];
  return below.some((one) => one !== undefined && (one.default !== undefined || hasDefaults(one)));
}
