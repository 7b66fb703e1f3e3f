// What a validator says of one field, in the form in which clients know it from upstream.
// Rule: apimachinery `field.Error`, and `NewInvalid` for the way into a Status.
import { writeAny } from './json/text.ts';
import type { StatusCause } from './types/meta.v1.ts';

/** Where a field is: `spec.containers[0].name`, `metadata.labels[a/b]`. */
export type Path = string;

export function child(path: Path, ...names: readonly string[]): Path {
  return [path, ...names].filter((part) => part !== '').join('.');
}

/** A list's item by index, or a map's value by key. */
export function at(path: Path, index: number | string): Path {
  return `${path}[${index}]`;
}

export function required(field: Path, detail = ''): StatusCause {
  return cause('FieldValueRequired', field, 'Required value', detail);
}

export function invalidValue(field: Path, value: unknown, detail: string): StatusCause {
  return cause('FieldValueInvalid', field, `Invalid value: ${shown(value)}`, detail);
}

/** As `invalidValue`, for a value that must not be repeated in the answer. */
export function invalidHidden(field: Path, detail: string): StatusCause {
  return cause('FieldValueInvalid', field, 'Invalid value', detail);
}

export function typeInvalid(field: Path, value: unknown, detail: string): StatusCause {
  return cause('FieldValueTypeInvalid', field, `Invalid value: ${shown(value)}`, detail);
}

export function notSupported(field: Path, value: unknown, supported: Iterable<string>): StatusCause {
  return notSupportedInOrder(field, value, [...supported].sort());
}

/** As `notSupported`, for a list that upstream does not sort. */
export function notSupportedInOrder(field: Path, value: unknown, supported: readonly string[]): StatusCause {
  const values = supported.map((text) => quoted(text));
  const detail = values.length === 0 ? '' : `supported values: ${values.join(', ')}`;
  return cause('FieldValueNotSupported', field, `Unsupported value: ${shown(value)}`, detail);
}

export function forbiddenField(field: Path, detail: string): StatusCause {
  return cause('FieldValueForbidden', field, 'Forbidden', detail);
}

export function duplicate(field: Path, value: unknown): StatusCause {
  return cause('FieldValueDuplicate', field, `Duplicate value: ${shown(value)}`, '');
}

export function notFoundValue(field: Path, value: unknown, detail = ''): StatusCause {
  return cause('FieldValueNotFound', field, `Not found: ${shown(value)}`, detail);
}

export function tooLong(field: Path, maxBytes: number): StatusCause {
  return cause('FieldValueTooLong', field, 'Too long', `may not be more than ${maxBytes} bytes`);
}

export function tooMany(field: Path, actual: number, most: number): StatusCause {
  return cause('FieldValueTooMany', field, `Too many: ${actual}`, `must have at most ${most} items`);
}

function cause(reason: string, field: Path, what: string, detail: string): StatusCause {
  return { reason, message: detail === '' ? what : `${what}: ${detail}`, field };
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return quoted(value);
  return writeAny(value, false);
}

/** As Go's %q has it, for what can occur in a name: the common escapes are the same as JSON's. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
