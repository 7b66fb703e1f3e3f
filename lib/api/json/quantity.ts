import { JsonError } from './json-error.ts';

/**
 * A quantity in its one canonical text: `1000m` > `1`, `0.5` > `500m`, `1024Mi` > `1Gi`, `1.5Gi` > `1536Mi`.
 *
 * No digit is lost down to 1e-9 (finer is rounded away from zero), no fraction, the largest suffix that does.
 * Rule: resource.Quantity.
 * @throws {JsonError} if it is none
 */
export function canonicalQuantity(text: string): string {
  if (simple.test(text)) return text;
  const { nano, format } = parse(text);
  if (nano === 0n) return '0';
  const value = nano < 0n ? -nano : nano;
  const sign = nano < 0n ? '-' : '';
  const isBinary = format === 'binary' && value >= 1024n * one && value % one === 0n;
  return sign + (isBinary ? binaryText(value / one) : decimalText(value, format === 'exponent'));
}

/** Cannot be written otherwise: below 1000, one suffix. */
const simple = /^(?:0|[1-9]\d{0,2}(?:[numkMGTP]|[KMGTP]i)?)$/;

const one = 1_000_000_000n; // in nano
const most = ((1n << 63n) - 1n) * one;
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

const form = /^([+-]?)(\d*)(?:\.(\d*))?([a-zA-Z]*)([+-]?\d*)$/;
const allowedLength = 200;

function parse(text: string): { nano: bigint; format: 'decimal' | 'binary' | 'exponent' } {
  const match = text.length > allowedLength ? null : form.exec(text);
  const [, sign = '', whole = '', fraction = '', letters = '', exponent = ''] = match ?? [];
  if (match === null || (whole === '' && fraction === '')) throw new JsonError(wrongForm);
  const digits = BigInt(whole + fraction);
  const signed = sign === '-' ? -digits : digits;
  if (exponent !== '') {
    if ((letters !== 'e' && letters !== 'E') || !/\d/.test(exponent)) throw new JsonError(wrongSuffix);
    // Beyond these bounds the result is the cap, or rounds to one nano, whatever the digits are.
    const power = Math.max(-2 * allowedLength, Math.min(2 * allowedLength, Number(exponent)));
    return { nano: scaled(signed, 9 + power - fraction.length), format: 'exponent' };
  }
  const decimal = decimalSuffixes.indexOf(letters);
  if (decimal !== -1) return { nano: scaled(signed, decimal * 3 - fraction.length), format: 'decimal' };
  const binary = binarySuffixes.indexOf(letters);
  if (binary === -1) throw new JsonError(wrongSuffix);
  return { nano: scaled(signed << BigInt(binary * 10), 9 - fraction.length), format: 'binary' };
}

/** `value` times a power of ten, rounded away from zero, capped to 64 bits. */
function scaled(value: bigint, power: number): bigint {
  if (power >= 0) return capped(value * 10n ** BigInt(power));
  const divisor = 10n ** BigInt(-power);
  const rest = value % divisor;
  return capped(value / divisor + (rest === 0n ? 0n : rest > 0n ? 1n : -1n));
}

function capped(nano: bigint): bigint {
  return nano > most ? most : nano < -most ? -most : nano;
}

function decimalText(nano: bigint, asExponent: boolean): string {
  let value = nano;
  let step = 0;
  while (value % 1000n === 0n && (asExponent || step < decimalSuffixes.length - 1)) {
    value /= 1000n;
    step++;
  }
  if (!asExponent) return `${value}${decimalSuffixes[step]}`;
  return step === 3 ? `${value}` : `${value}e${step * 3 - 9}`;
}

function binaryText(units: bigint): string {
  let value = units;
  let step = 0;
  while (value % 1024n === 0n && step < binarySuffixes.length - 1) {
    value /= 1024n;
    step++;
  }
  return `${value}${binarySuffixes[step]}`;
}

const wrongForm = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const wrongSuffix = "unable to parse quantity's suffix";
