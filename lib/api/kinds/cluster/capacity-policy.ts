// How much of a capacity that is shared may be asked for. Pure. Rule: resource validation, validateRequestPolicy.
import { at, child, forbiddenField, invalidValue, type Path, required } from '../../field-errors.ts';
import { type Quantity as Amount, readQuantity, quantityText as textOf } from '../../quantity.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { CapacityRequestPolicy, CapacityRequestPolicyRange, DeviceCapacity } from '../../types/resource.v1.ts';
import { validateList } from './device-claim.ts';

const mostValues = 10;
const nano = 10n ** 9n;
const milli = 10n ** 6n;
const mostMillis = 2n ** 63n;

export function validateCapacity(
  { value, requestPolicy }: DeviceCapacity,
  isShared: boolean,
  path: Path,
): readonly StatusCause[] {
  if (!requestPolicy) return [];
  const field = child(path, 'requestPolicy');
  if (!isShared) return [forbiddenField(field, 'allowMultipleAllocations must be true')];
  return validatePolicy(requestPolicy, amountOf(value), field);
}

/** A list, a range or neither: with one of them, it says also what is taken by who does not ask. */
function validatePolicy(policy: CapacityRequestPolicy, capacity: Amount, path: Path): StatusCause[] {
  const { default: unasked, validValues = [], validRange } = policy;
  const hasValues = validValues.length > 0;
  if (hasValues && validRange) {
    const why = 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    return [forbiddenField(path, why)];
  }
  if (!hasValues && !validRange) return [];
  const name = hasValues ? 'validValues' : 'validRange';
  if (!isGiven(unasked)) return [required(child(path, 'default'), `required when ${name} is defined`)];
  const [field, amount] = [child(path, name), amountOf(unasked)];
  if (validRange) return validateRange(validRange, amount, capacity, field);
  return validateValues(validValues.map(amountOf), amount, capacity, field);
}

function validateValues(values: readonly Amount[], unasked: Amount, capacity: Amount, path: Path): StatusCause[] {
  const unsorted = values.flatMap((value, index) => {
    const before = values[index - 1];
    if (before === undefined || before.nanos <= value.nanos) return [];
    return [invalidValue(at(path, index), textOf(value), 'values must be sorted in ascending order')];
  });
  const larger = `option is larger than capacity value: ${textOf(capacity)}`;
  const single = validateList(
    values,
    path,
    mostValues,
    (value, field) => (value.nanos > capacity.nanos ? [invalidValue(field, textOf(value), larger)] : []),
    decimalText,
  );
  // Too many are not looked at, hence the default is not among them.
  const isKnown = values.length <= mostValues && values.some(({ nanos }) => nanos === unasked.nanos);
  const unknown = isKnown
    ? []
    : [invalidValue(path, textOf(unasked), 'default value is not valid according to the requestPolicy')];
  return [...unsorted, ...single, ...unknown];
}

function validateRange(range: CapacityRequestPolicyRange, unasked: Amount, capacity: Amount, path: Path) {
  if (!isGiven(range.min)) return [required(child(path, 'min'), 'required when validRange is defined')];
  const [min, whole] = [amountOf(range.min), textOf(capacity)];
  const causes: StatusCause[] = [];
  const refuse = (name: string, value: Amount, why: string) =>
    causes.push(invalidValue(child(path, name), textOf(value), why));
  if (min.nanos > capacity.nanos) refuse('min', min, `min is larger than capacity value: ${whole}`);
  if (unasked.nanos < min.nanos) refuse('default', unasked, `default is less than min: ${textOf(min)}`);
  const bounds: [string, Amount][] = [
    ['default', unasked],
    ['min', min],
  ];
  if (isGiven(range.max)) {
    const max = amountOf(range.max);
    bounds.push(['max', max]);
    if (min.nanos > max.nanos) refuse('max', min, `min is larger than max: ${textOf(max)}`);
    if (max.nanos > capacity.nanos) refuse('max', max, `max is larger than capacity value: ${whole}`);
    if (unasked.nanos > max.nanos) refuse('default', unasked, `default is more than max: ${textOf(max)}`);
  }
  return [
    ...causes,
    ...validateSteps(bounds, min, isGiven(range.step) ? amountOf(range.step) : undefined, capacity, path),
  ];
}

/** From the least on in steps: whole ones, or of thousandths if any of the bounds is a fraction. */
function validateSteps(
  bounds: readonly (readonly [string, Amount])[],
  min: Amount,
  step: Amount | undefined,
  capacity: Amount,
  path: Path,
): StatusCause[] {
  const all = step === undefined ? bounds : [...bounds, ['step', step] as const];
  const isFractional = all.some(([, { nanos }]) => nanos % nano !== 0n);
  const unsafe = (isWrong: (nanos: bigint) => boolean, why: string) =>
    all.flatMap(([name, value]) => (isWrong(value.nanos) ? [invalidValue(child(path, name), textOf(value), why)] : []));
  const fine = isFractional ? unsafe(isFinerThanMilli, 'value cannot be represented as a milli value') : [];
  if (fine.length > 0 || step === undefined) return fine;
  const field = child(path, 'step');
  if (step.nanos <= 0n) return [invalidValue(field, textOf(step), 'must be greater than zero')];
  const first: Amount = { nanos: min.nanos + step.nanos, format: min.nanos === 0n ? step.format : min.format };
  const beyond = `one step ${textOf(first)} is larger than capacity value: ${textOf(capacity)}`;
  const causes = first.nanos > capacity.nanos ? [invalidValue(field, textOf(step), beyond)] : [];
  const negative = isFractional ? [] : unsafe((nanos) => nanos < 0n, 'must be greater than or equal to 0');
  if (negative.length > 0) return [...causes, ...negative];
  const why = `value is not a multiple of a given step (${textOf(step)}) from (${textOf(min)})`;
  const odd = bounds.filter(([, { nanos }]) => (nanos - min.nanos) % step.nanos !== 0n);
  return [...causes, ...odd.map(([, value]) => invalidValue(field, textOf(value), why))];
}

function isFinerThanMilli(nanos: bigint): boolean {
  const millis = nanos / milli;
  return nanos % milli !== 0n || millis >= mostMillis || millis < -mostMillis;
}

function isGiven(text: string | null | undefined): text is string {
  return text !== undefined && text !== null;
}

/** What is no quantity was refused before. */
function amountOf(text: string | undefined): Amount {
  return readQuantity(text ?? '') ?? { nanos: 0n, format: 'DecimalSI' };
}

/** Without a suffix: values that are the same are told so. Fractions have as many digits as their suffix stands for. */
function decimalText({ nanos }: Amount): string {
  const [sign, magnitude] = nanos < 0n ? ['-', -nanos] : ['', nanos];
  const fraction = String(magnitude % nano)
    .padStart(9, '0')
    .replace(/(000)+$/, '');
  return `${sign}${magnitude / nano}${fraction === '' ? '' : `.${fraction}`}`;
}
