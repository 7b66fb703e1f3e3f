import type { Special } from '#lib/api/facts.ts';
import { quantityText, readQuantity, wrongQuantityForm } from '#lib/api/quantity.ts';
import type { Member, TypeSchema } from '#lib/api/schema.ts';
import { assertNever } from '#lib/errors.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { JsonError } from './json-error.ts';
import { pathText } from './scan.ts';
import { canonicalMicroTime, canonicalTime } from './time.ts';

type Fail<Walk> = (value: unknown, walk: Walk, why?: string) => never;
type Conform<Walk> = (value: unknown, walk: Walk) => unknown;

/** Accepts what Go accepts for the scalar type `base`. */
export function conformScalar<Walk>(base: string, fail: Fail<Walk>): Conform<Walk> {
  switch (base) {
    case 'string':
      return (value, walk) => (typeof value === 'string' ? value : fail(value, walk));
    case 'boolean':
      return (value, walk) => (typeof value === 'boolean' ? value : fail(value, walk));
    case 'int32':
      return (value, walk) => (isInt32(value) ? value : fail(value, walk));
    case 'int64':
      return (value, walk) => (Number.isSafeInteger(value) || typeof value === 'bigint' ? value : fail(value, walk));
    case 'double':
      return (value, walk) =>
        typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : fail(value, walk);
    default:
      return (value) => value;
  }
}

function isInt32(value: unknown): boolean {
  return typeof value === 'number' && value === (value | 0);
}

/** Canonical base64 of what was given in base64 with or without line breaks; undefined if it is none. */
export function conformBytes(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (value.length % 4 === 0 && canonicalBase64.test(value)) return value;
  const text = value.replace(/[\r\n]+/g, '');
  return text.length % 4 === 0 && base64.test(text) ? Buffer.from(text, 'base64').toString('base64') : undefined;
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** The bits that belong to no byte are zero. */
const canonicalBase64 = /^[A-Za-z0-9+/]*(?:[AEIMQUYcgkosw048]=|[AQgw]==|)$/;

/** @throws {JsonError} if it is no quantity, or one with more digits than any machine has of anything */
export function canonicalQuantity(text: string): string {
  if (simpleQuantity.test(text)) return text;
  const quantity = text.length > 200 ? undefined : readQuantity(text);
  if (quantity === undefined) throw new JsonError(wrongQuantityForm);
  return quantityText(quantity);
}

/** Cannot be written otherwise: below 1000, at most one suffix. */
const simpleQuantity = /^(?:0|[1-9]\d{0,2}(?:[numkMGTP]|[KMGTP]i)?)$/;

/** Accepts the JSON form of a special type; `schema` conforms a JSONSchemaProps. */
export function conformSpecial<Walk>(special: Special, fail: Fail<Walk>, schema: Conform<Walk>): Conform<Walk> {
  const text = (canonical: (text: string) => string | undefined): Conform<Walk> => {
    return (value, walk) => (typeof value === 'string' ? guarded(canonical, value, walk, fail) : fail(value, walk));
  };
  switch (special) {
    case 'Time':
      return text(canonicalTime);
    case 'MicroTime':
      return text(canonicalMicroTime);
    case 'Duration':
      return text((value) => formatDuration(parseDuration(value)));
    case 'Quantity':
      return (value, walk) => {
        const given = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
        return typeof given === 'string' ? guarded(canonicalQuantity, given.trim(), walk, fail) : fail(value, walk);
      };
    case 'IntOrString':
      return (value, walk) => (typeof value === 'string' || isInt32(value) ? value : fail(value, walk));
    case 'JSONSchemaPropsOrArray':
      return (value, walk) => (Array.isArray(value) ? value.map((item) => schema(item, walk)) : schema(value, walk));
    case 'JSONSchemaPropsOrBool':
      return (value, walk) => (typeof value === 'boolean' ? value : schema(value, walk));
    case 'JSONSchemaPropsOrStringArray':
      return (value, walk) => (Array.isArray(value) ? value : schema(value, walk));
    case 'FieldsV1':
      return (value, walk) => (typeof value === 'object' ? value : fail(value, walk));
    case 'ListWrapper':
      return (value, walk) => (Array.isArray(value) ? value : fail(value, walk));
    case 'RawExtension':
    case 'JSON':
    case 'Unknown':
      return (value) => value;
    default:
      return assertNever(special, 'special type');
  }
}

function guarded<Walk>(
  canonical: (text: string) => string | undefined,
  value: string,
  walk: Walk,
  fail: Fail<Walk>,
): string | undefined {
  try {
    return canonical(value);
  } catch (error) {
    if (error instanceof JsonError) return fail(value, walk, error.message);
    throw error;
  }
}

/** The error that `value` is not what `member` of `owner` holds, at `path`. Rule: encoding/json, UnmarshalTypeError. */
export function mismatch(
  value: unknown,
  member: Member,
  owner: TypeSchema,
  path: readonly (string | number)[],
  why?: string,
): JsonError {
  if (why !== undefined) return new JsonError(why);
  // Go names fields alone: neither items of lists nor keys of maps.
  const toField = path.slice(0, path.lastIndexOf(member.json) + 1 || path.length);
  const names = pathText(toField.filter((step) => typeof step === 'string'));
  const type = goType(member, path.at(-1) === member.json);
  const given = describe(value, type);
  return new JsonError(
    `json: cannot unmarshal ${given} into Go struct field ${owner.name.split('.').at(-1)}.${names} of type ${type}`,
  );
}

function describe(value: unknown, type: string): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value !== 'number' && typeof value !== 'bigint') return typeof value;
  return type.startsWith('int') ? `number ${value}` : 'number';
}

/** The declared type in Go's spelling: of the whole field, or of one item or value of it. */
function goType(member: Member, isWhole: boolean): string {
  const name = member.named ?? member.ref;
  const base = member.map ?? member.type ?? '';
  const one = name === undefined ? (goScalars[base] ?? 'interface {}') : name.split('.').slice(-2).join('.');
  if (!isWhole) return one;
  return member.map === undefined ? (member.repeated ? `[]${one}` : one) : `map[string]${one}`;
}

const goScalars: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'bool',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  bytes: '[]uint8',
  'array<string>': '[]string',
};
