import { invalidValue, type Path, typeInvalid } from '../field-errors.ts';
import type { StatusCause } from '../types/meta.v1.ts';
import { isOfFormat } from './formats.ts';
import { compilePattern } from './pattern.ts';
import type { Structural } from './structural.ts';

export function checkText(value: string, schema: Structural, path: Path, causes: StatusCause[]): void {
  const { minLength, maxLength, pattern, format } = schema;
  const length = minLength === undefined && maxLength === undefined ? 0 : [...value].length;
  if (maxLength !== undefined && length > maxLength) {
    const message = `Too long: may not be more than ${maxLength} bytes`;
    causes.push({ reason: 'FieldValueTooLong', message, field: path });
  }
  if (minLength !== undefined && length < minLength) {
    causes.push(invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`));
  }
  if (pattern && compilePattern(pattern)?.test(value) !== true) {
    causes.push(invalidValue(path, value, `${path} in body should match '${pattern}'`));
  }
  if (format && schema.type === 'string' && !isOfFormat(value, format)) {
    causes.push(typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`));
  }
}

export function checkNumber(value: number | bigint, schema: Structural, path: Path, causes: StatusCause[]): void {
  const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum } = schema;
  const say = (what: string) => causes.push(invalidValue(path, value, `${path} in body should be ${what}`));
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    say(exclusiveMaximum ? `less than ${maximum}` : `less than or equal to ${maximum}`);
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    say(exclusiveMinimum ? `greater than ${minimum}` : `greater than or equal to ${minimum}`);
  }
  if (multipleOf !== undefined && !Number.isInteger(Number(value) / multipleOf)) say(`a multiple of ${multipleOf}`);
}
