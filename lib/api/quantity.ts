// Quantities such as `100m`, `1.5Gi`, `1e3`: exact to a nano, as text in and out.
// Rule: apimachinery api/resource Quantity.

export interface Quantity {
  /** The value times 10^9. */
  readonly nanos: bigint;
  readonly format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

const form = /^([+-]?)(\d*)(?:\.(\d*))?(.*)$/s;
const decimal = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const binary = new Map([
  ['Ki', 1],
  ['Mi', 2],
  ['Gi', 3],
  ['Ti', 4],
  ['Pi', 5],
  ['Ei', 6],
]);
const suffixOfPower = new Map([...decimal].map(([suffix, power]) => [power, suffix]));
const nano = 10n ** 9n;
const most = (2n ** 63n - 1n) * nano;

/** What is wrong with a text that is no quantity. */
export const wrongQuantityForm =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** The quantity that `text` writes, if it writes one. What is finer than a nano is rounded up, away from zero. */
export function readQuantity(text: string): Quantity | undefined {
  const [, sign, whole = '', fraction = '', suffix = ''] = form.exec(text) ?? [];
  if (whole === '' && fraction === '') return undefined;
  const scale = scaleOf(suffix);
  if (scale === undefined) return undefined;
  const magnitude = nanosOf(whole, fraction, scale);
  const capped = magnitude > most ? most : magnitude;
  return { nanos: sign === '-' ? -capped : capped, format: scale.format };
}

/** @throws {RangeError} if `text` writes no quantity */
export function parseQuantity(text: string): Quantity {
  const quantity = readQuantity(text);
  if (quantity === undefined) throw new RangeError(wrongQuantityForm);
  return quantity;
}

/** The one text that stands for this quantity: no fraction, the largest suffix that keeps every digit. */
export function quantityText({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0';
  const isWhole = nanos % nano === 0n;
  if (format === 'BinarySI' && isWhole && abs(nanos) >= 1024n * nano) return binaryText(nanos / nano);
  let mantissa = nanos;
  let power = -9;
  while (mantissa % 1000n === 0n && (power < 18 || format === 'DecimalExponent')) {
    mantissa /= 1000n;
    power += 3;
  }
  if (format === 'DecimalExponent') return power === 0 ? `${mantissa}` : `${mantissa}e${power}`;
  return `${mantissa}${suffixOfPower.get(power)}`;
}

/** @throws {RangeError} if `text` writes no quantity */
export function canonicalQuantity(text: string): string {
  return quantityText(parseQuantity(text));
}

/** Negative: a is less; positive: a is more. */
export function compareQuantities(a: string, b: string): number {
  const [left, right] = [parseQuantity(a).nanos, parseQuantity(b).nanos];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The sum, written as `a` is, or as `b` if `a` is zero. */
export function addQuantities(a: string, b: string): string {
  return combined(a, b, (left, right) => left + right);
}

export function subtractQuantities(a: string, b: string): string {
  return combined(a, b, (left, right) => left - right);
}

/** In thousandths, rounded up: millicores. */
export function milliValue(text: string): number {
  return Number(ceil(parseQuantity(text).nanos, 1_000_000n));
}

/** As a whole number, rounded up: bytes, pieces. */
export function wholeValue(text: string): number {
  return Number(ceil(parseQuantity(text).nanos, nano));
}

/** `text` without what is finer than a thousandth, rounded up: how resource lists are stored. */
export function roundedToMilli(text: string): string {
  const { nanos, format } = parseQuantity(text);
  return quantityText({ nanos: ceil(nanos, 1_000_000n) * 1_000_000n, format });
}

interface Scale {
  readonly format: Quantity['format'];
  readonly tens: number;
  readonly kibis: number;
}

function scaleOf(suffix: string): Scale | undefined {
  const tens = decimal.get(suffix);
  if (tens !== undefined) return { format: 'DecimalSI', tens, kibis: 0 };
  const kibis = binary.get(suffix);
  if (kibis !== undefined) return { format: 'BinarySI', tens: 0, kibis };
  const [, exponent] = /^[eE]([+-]?\d{1,9})$/.exec(suffix) ?? [];
  return exponent === undefined ? undefined : { format: 'DecimalExponent', tens: Number(exponent), kibis: 0 };
}

function nanosOf(whole: string, fraction: string, { tens, kibis }: Scale): bigint {
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return 0n;
  const power = tens - fraction.length + 9;
  // Beyond these no digit matters: the cap or the smallest value is what comes out, and big powers are not computed.
  if (digits.length + power > 40) return most;
  if (digits.length + power < -20) return 1n;
  const scaled = BigInt(digits) * 1024n ** BigInt(kibis);
  return power >= 0 ? scaled * 10n ** BigInt(power) : ceil(scaled, 10n ** BigInt(-power));
}

function combined(a: string, b: string, combine: (left: bigint, right: bigint) => bigint): string {
  const [left, right] = [parseQuantity(a), parseQuantity(b)];
  const format = left.nanos === 0n ? right.format : left.format;
  return quantityText({ nanos: combine(left.nanos, right.nanos), format });
}

function binaryText(value: bigint): string {
  let mantissa = value;
  let power = 0;
  while (power < 6 && mantissa % 1024n === 0n) {
    mantissa /= 1024n;
    power += 1;
  }
  return `${mantissa}${['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'][power]}`;
}

/** Division away from zero. */
function ceil(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (value % by === 0n) return quotient;
  return value > 0n ? quotient + 1n : quotient - 1n;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
