// Whether a value is as a schema says, and what is said of it if not: in the words of upstream's validator, go-openapi.
import {
  at,
  child,
  duplicate,
  invalidValue,
  notSupported,
  type Path,
  required,
  tooMany,
  typeInvalid,
} from '../field-errors.ts';
import type { StatusCause } from '../types/meta.v1.ts';
import { apart, isUntouched, oldOfItem, oldOfKey } from './correlate.ts';
import { isEqual, stable } from './equal.ts';
import { checkNumber, checkText } from './scalars.ts';
import { additionalOf, isStruct, itemsOf, propertyOf, type Struct, type Structural } from './structural.ts';

/**
 * Nothing, if `value` is valid. `old`: what stood there before; what was wrong in it and has not been touched may stay
 * wrong. Rule: KEP-4008, validation ratcheting.
 */
export function validateValue(
  value: unknown,
  schema: Structural,
  path: Path,
  old: unknown = apart,
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  visit(value, schema, path, causes, old);
  return causes;
}

function visit(value: unknown, schema: Structural, path: Path, causes: StatusCause[], old: unknown): void {
  const before = causes.length;
  look(value, schema, path, causes, old);
  if (causes.length > before && isUntouched(value, old, schema)) causes.length = before;
}

function look(value: unknown, schema: Structural, path: Path, causes: StatusCause[], old: unknown): void {
  if (value === null && schema.nullable === true) return;
  const wrong = wrongType(value, schema);
  if (wrong !== undefined) {
    const found = typeOf(value);
    causes.push(typeInvalid(path, found, `${path} in body must be of type ${wrong}: ${JSON.stringify(found)}`));
    return;
  }
  if (schema.enum !== undefined && !schema.enum.some((one) => isEqual(one, value))) {
    const allowed = schema.enum.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
    causes.push(notSupported(path, value, allowed));
  }
  if (typeof value === 'string') checkText(value, schema, path, causes);
  else if (typeof value === 'number' || typeof value === 'bigint') checkNumber(value, schema, path, causes);
  else if (Array.isArray(value)) checkList(value, schema, path, causes, old);
  else if (isStruct(value)) checkStruct(value, schema, path, causes, old);
  checkJunctors(value, schema, path, causes, old);
}

/** The type that is asked for and not there. */
function wrongType(value: unknown, schema: Structural): string | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) {
    return typeof value === 'string' || isInteger(value) ? undefined : 'integer,string';
  }
  const { type } = schema;
  if (!type) return undefined;
  const found = typeOf(value);
  return found === type || (type === 'number' && found === 'integer') ? undefined : type;
}

export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number' || typeof value === 'bigint') return isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function isInteger(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isInteger(value);
}

function checkList(
  value: readonly unknown[],
  schema: Structural,
  path: Path,
  causes: StatusCause[],
  old: unknown,
): void {
  const { maxItems, minItems, uniqueItems } = schema;
  if (minItems !== undefined && value.length < minItems) {
    causes.push(invalidValue(path, value.length, `${path} in body should have at least ${minItems} items`));
  }
  if (maxItems !== undefined && value.length > maxItems) causes.push(tooMany(path, value.length, maxItems));
  if (uniqueItems && value.some((one, i) => value.findIndex((other) => isEqual(one, other)) !== i)) {
    causes.push(invalidValue(path, value, `${path} in body shouldn't contain duplicates`));
  }
  checkUnique(value, schema, path, causes);
  const items = itemsOf(schema);
  if (items === undefined) return;
  for (const [index, item] of value.entries()) {
    visit(item, items, at(path, index), causes, oldOfItem(old, item, schema));
  }
}

/** Rule: x-kubernetes-list-type. */
function checkUnique(value: readonly unknown[], schema: Structural, path: Path, causes: StatusCause[]): void {
  const kind = schema['x-kubernetes-list-type'];
  if (kind !== 'set' && kind !== 'map') return;
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    const identity = kind === 'set' ? item : keysOf(item, schema);
    const text = stable(identity);
    if (seen.has(text)) causes.push(duplicate(at(path, index), identity));
    seen.add(text);
  }
}

function keysOf(item: unknown, schema: Structural): Struct {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const properties = itemsOf(schema)?.properties ?? {};
  if (!isStruct(item)) return {};
  return Object.fromEntries(
    keys
      .map((key) => [key, Object.hasOwn(item, key) ? item[key] : properties[key]?.default] as const)
      .filter(([, one]) => one !== undefined),
  );
}

function checkStruct(value: Struct, schema: Structural, path: Path, causes: StatusCause[], old: unknown): void {
  const { maxProperties, minProperties } = schema;
  const keys = Object.keys(value);
  if (minProperties !== undefined && keys.length < minProperties) {
    causes.push(invalidValue(path, value, `${path} in body should have at least ${minProperties} properties`));
  }
  if (maxProperties !== undefined && keys.length > maxProperties)
    causes.push(tooMany(path, keys.length, maxProperties));
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key)) causes.push(required(child(path, key)));
  }
  const additional = additionalOf(schema);
  for (const key of keys) {
    const property = propertyOf(schema, key) ?? additional;
    if (property !== undefined) {
      visit(value[key], property, child(path, key), causes, oldOfKey(old, key));
    }
  }
}

function checkJunctors(value: unknown, schema: Structural, path: Path, causes: StatusCause[], old: unknown): void {
  const { allOf, anyOf, oneOf, not } = schema;
  const say = (text: string) => causes.push(invalidValue('<nil>', '', `${JSON.stringify(path)} ${text}`));
  const failuresOf = (list: readonly Structural[]) => list.map((one) => alone(value, one, path, old));
  if (anyOf !== undefined && anyOf.length > 0) {
    const failures = failuresOf(anyOf);
    if (failures.every(({ length }) => length > 0)) {
      say('must validate at least one schema (anyOf)');
      causes.push(...fewest(failures));
    }
  }
  if (oneOf !== undefined && oneOf.length > 0) {
    const failures = failuresOf(oneOf);
    const valid = failures.filter(({ length }) => length === 0).length;
    if (valid === 0) {
      say('must validate one and only one schema (oneOf). Found none valid');
      causes.push(...fewest(failures));
    } else if (valid > 1) say(`must validate one and only one schema (oneOf). Found ${valid} valid alternatives`);
  }
  if (allOf !== undefined && allOf.length > 0) {
    const failures = failuresOf(allOf);
    const valid = failures.filter(({ length }) => length === 0).length;
    if (valid < allOf.length) {
      causes.push(...failures.flat());
      say(`must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`);
    }
  }
  if (not !== undefined && alone(value, not, path, old).length === 0) say('must not validate the schema (not)');
}

/** What a part of a schema finds: that the value as a whole was so before is the whole schema's business. */
function alone(value: unknown, schema: Structural, path: Path, old: unknown): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  look(value, schema, path, causes, old);
  return causes;
}

/** Of several ways to fail, the one that came nearest. */
function fewest(failures: readonly (readonly StatusCause[])[]): readonly StatusCause[] {
  return failures.reduce((best, one) => (one.length < best.length ? one : best));
}
