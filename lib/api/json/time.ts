import { JsonError } from './json-error.ts';

/**
 * `text` as a Time is written: RFC 3339 in UTC, whole seconds; undefined for the zero time.
 * @throws {JsonError} if it is no RFC 3339 time
 */
export function canonicalTime(text: string): string | undefined {
  if (simpleTime.test(text)) return text;
  const ms = epochMs(text);
  if (ms === zeroTimeMs) return undefined;
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, -'.000Z'.length)}Z`;
}

/** The same for a MicroTime: always six digits of fraction. */
export function canonicalMicroTime(text: string): string | undefined {
  const ms = epochMs(text);
  const digits = /\.(\d+)/.exec(text)?.[1] ?? '';
  const fraction = digits.slice(0, 6).padEnd(6, '0');
  if (ms === zeroTimeMs && fraction === '000000') return undefined;
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, -'.000Z'.length)}.${fraction}Z`;
}

// Days that every month has, and no leap second: all else takes the long way.
const simpleTime = /^(?!0001)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

/** January 1, year 1: Go's zero time, which stands for no time. */
const zeroTimeMs = Date.parse('0001-01-01T00:00:00Z');

const form = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since 1970, the fraction of the second left out. */
function epochMs(text: string): number {
  const match = form.exec(text);
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}${match[3]}`);
  if (Number.isNaN(ms) || !isDay(match![1]!)) {
    const shown = JSON.stringify(text.slice(0, 100));
    throw new JsonError(`parsing time ${shown} as "2006-01-02T15:04:05Z07:00": cannot parse ${shown} as "2006"`);
  }
  return ms;
}

/** Date.parse takes February 30 for March 1. */
function isDay(date: string): boolean {
  const day = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
}
