// How many of a workload's pods may be meant by a count or a percentage. Pure. Rule: apps validation,
// ValidatePositiveIntOrPercent, IsNotMoreThan100Percent.
import { invalidValue, type Path } from '../../field-errors.ts';
import type { IntOrString } from '../../types/intstr.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

/** A count, or a percentage. */
export function validateShare(value: IntOrString | undefined, path: Path): StatusCause[] {
  if (value === undefined) return [];
  if (typeof value === 'number') {
    return value < 0 ? [invalidValue(path, value, 'must be greater than or equal to 0')] : [];
  }
  if (percent.test(value)) return [];
  const detail =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  return [invalidValue(path, value, detail)];
}
const percent = /^[0-9]+%$/;

/** There are no more than all of them. */
export function validateWhole(value: IntOrString | undefined, path: Path): StatusCause[] {
  if (typeof value !== 'string' || !percent.test(value) || Number.parseInt(value, 10) <= 100) return [];
  return [invalidValue(path, value, 'must not be greater than 100%')];
}

/** Whether it means nobody; what is no share at all counts as that. */
export function isNone(value: IntOrString | undefined): boolean {
  if (typeof value !== 'string') return (value ?? 0) === 0;
  return percent.test(value) || /^[+-]?\d+$/.test(value) ? Number.parseInt(value, 10) === 0 : true;
}
