import { type Member, type TypeSchema, typeNamed } from '#lib/api/schema.ts';
import { pathText } from './scan.ts';
import { conformBytes, conformScalar, conformSpecial, mismatch } from './values.ts';

export interface Conformed {
  readonly object: Record<string, unknown>;
  readonly unknownFields: readonly string[];
}

/**
 * `value` as `type` has it: see decode.ts. Copies on write only: what is right as it is, is shared with `value`.
 * @throws {JsonError} if a value has the wrong type; the message names its path
 */
export function conform(value: Readonly<Record<string, unknown>>, type: TypeSchema): Conformed {
  if (type.conform !== undefined) return type.conform(value);
  const walk: Walk = { path: [], unknownFields: [] };
  return { object: conformStruct(value, fieldsOf(type), walk), unknownFields: walk.unknownFields };
}

interface Walk {
  readonly path: (string | number)[];
  readonly unknownFields: string[];
}

/** As many as upstream lists of one object. */
const maxUnknown = 100;

/** Returns what stands for `value`: undefined if that is nothing. Never called with null. */
type Conform = (value: unknown, walk: Walk) => unknown;

interface Field {
  readonly json: string;
  readonly conform: Conform;
}

const compiled = new WeakMap<TypeSchema, ReadonlyMap<string, Field>>();

/** Made once a type, when it is first met: types refer to each other in circles. */
function fieldsOf(type: TypeSchema): ReadonlyMap<string, Field> {
  const known = compiled.get(type);
  if (known !== undefined) return known;
  const fields = new Map(
    type.members.map((member) => [member.json, { json: member.json, conform: compileMember(member, type) }]),
  );
  compiled.set(type, fields);
  return fields;
}

function compileMember(member: Member, owner: TypeSchema): Conform {
  const one = compileOne(member, owner);
  if (member.map !== undefined) return (value, walk) => conformMap(value, member, owner, one, walk);
  if (member.repeated) return (value, walk) => conformList(value, member, owner, one, walk);
  return one;
}

/** Of the value itself, or of each item or value of it. */
function compileOne(member: Member, owner: TypeSchema): Conform {
  const fail = (value: unknown, walk: Walk, why?: string): never => {
    throw mismatch(value, member, owner, walk.path, why);
  };
  if (member.ref === undefined) {
    const base = member.map ?? member.type ?? 'any';
    if (base === 'array<string>') return (value, walk) => conformStrings(value) ?? fail(value, walk);
    if (base === 'bytes') return (value, walk) => conformBytes(value) ?? fail(value, walk);
    return conformScalar(base, fail);
  }
  const type = typeNamed(member.ref);
  const { special } = type.facts;
  if (special !== undefined) {
    const schema = (value: unknown, walk: Walk): unknown =>
      isStruct(value) ? conformStruct(value, fieldsOf(schemaProps()), walk) : fail(value, walk);
    return conformSpecial(special, fail, schema);
  }
  return (value, walk) => (isStruct(value) ? conformStruct(value, fieldsOf(type), walk) : fail(value, walk));
}

function schemaProps(): TypeSchema {
  return typeNamed('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps');
}

function isStruct(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function conformStruct(
  value: Readonly<Record<string, unknown>>,
  fields: ReadonlyMap<string, Field>,
  walk: Walk,
): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    const field = fields.get(key);
    if (field === undefined) {
      addUnknown(walk, key);
      copy ??= { ...value };
      delete copy[key];
      continue;
    }
    const before = value[key];
    walk.path.push(key);
    const after = before === null || before === undefined ? undefined : field.conform(before, walk);
    walk.path.pop();
    if (after === before && before !== undefined) continue;
    copy ??= { ...value };
    if (after === undefined) delete copy[key];
    else copy[key] = after;
  }
  return copy ?? value;
}

function addUnknown(walk: Walk, key: string): void {
  if (walk.unknownFields.length < maxUnknown) walk.unknownFields.push(pathText([...walk.path, key]));
}

function conformList(value: unknown, member: Member, owner: TypeSchema, one: Conform, walk: Walk): unknown {
  if (!Array.isArray(value)) throw mismatch(value, member, owner, walk.path);
  let copy: unknown[] | undefined;
  for (let index = 0; index < value.length; index++) {
    const before: unknown = value[index];
    walk.path.push(index);
    const after = before === null || before === undefined ? zeroOf(member) : one(before, walk);
    walk.path.pop();
    if (after === before) continue;
    copy ??= [...value];
    copy[index] = after ?? null;
  }
  return copy ?? value;
}

function conformMap(value: unknown, member: Member, owner: TypeSchema, one: Conform, walk: Walk): unknown {
  if (!isStruct(value)) throw mismatch(value, member, owner, walk.path);
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(value)) {
    const before = value[key];
    // The values of most maps are strings: no path is needed to accept them.
    if (typeof before === 'string' && member.map === 'string') continue;
    walk.path.push(key);
    const after = before === null || before === undefined ? zeroOf(member) : one(before, walk);
    walk.path.pop();
    if (after === before) continue;
    copy ??= { ...value };
    Object.defineProperty(copy, key, { value: after ?? null, enumerable: true, configurable: true, writable: true });
  }
  return copy ?? value;
}

function conformStrings(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}

/** What Go makes of a null in a list or map of such values. */
function zeroOf(member: Member): unknown {
  if (member.ref !== undefined) {
    const { special } = typeNamed(member.ref).facts;
    if (special === undefined) return {};
    return special === 'Quantity' ? '0' : special === 'IntOrString' ? 0 : null;
  }
  switch (member.map ?? member.type) {
    case 'string':
      return '';
    case 'boolean':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
      return 0;
    default:
      return null;
  }
}
