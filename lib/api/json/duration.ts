import { JsonError } from './json-error.ts';

/**
 * Nanoseconds of a Go duration such as `1h2m3.5s`.
 * @throws {JsonError} if it is none, or beyond 64 bits
 */
export function parseDuration(text: string): bigint {
  const [, sign, rest = ''] = /^([+-]?)(.*)$/s.exec(text)!;
  if (rest === '0') return 0n;
  let nanoseconds = 0n;
  let at = 0;
  for (const match of rest.matchAll(part)) {
    if (match.index !== at) break;
    at += match[0].length;
    const unit = units.get(match[3]!)!;
    const fraction = (match[2] ?? '').slice(0, 12);
    nanoseconds += BigInt((match[1] || '0').slice(0, 20)) * unit;
    if (fraction !== '') nanoseconds += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length);
  }
  if (at === 0 || at !== rest.length || BigInt.asIntN(64, nanoseconds) !== nanoseconds) {
    throw new JsonError(`time: invalid duration ${JSON.stringify(text.slice(0, 100))}`);
  }
  return sign === '-' ? -nanoseconds : nanoseconds;
}

const part = /(?=\.?\d)(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g;
const second = 1_000_000_000n;
const units: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1000n],
  ['µs', 1000n],
  ['μs', 1000n],
  ['ms', 1_000_000n],
  ['s', second],
  ['m', 60n * second],
  ['h', 3600n * second],
]);

/** As Go writes it: `1h2m3.5s`, `0s`, below a second in one unit: `1.5ms`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (value < 1000n) return `${sign}${value}ns`;
  if (value < 1_000_000n) return `${sign}${decimal(value, 3)}µs`;
  if (value < second) return `${sign}${decimal(value, 6)}ms`;
  const minutes = value / (60n * second);
  const seconds = `${decimal(value % (60n * second), 9)}s`;
  if (minutes === 0n) return sign + seconds;
  const hours = minutes / 60n;
  return hours === 0n ? `${sign}${minutes}m${seconds}` : `${sign}${hours}h${minutes % 60n}m${seconds}`;
}

function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  const whole = digits.slice(0, -places);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
