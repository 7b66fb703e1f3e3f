import { JsonError } from './json-error.ts';
import { type Parsed, scanJson } from './scan.ts';

/** Far above what any object has, far below what would exhaust the stack of code that walks the value. */
export const maxDepth = 1000;

/**
 * The value of a JSON text, with the paths of its duplicate keys; integers beyond 2^53 are bigints, lone surrogates
 * U+FFFD.
 *
 * Nearly every text needs no more than `JSON.parse`: that is tried first, and the slow scanner reads again only what
 * cannot be right that way.
 * @throws {JsonError}
 */
export function parseJson(text: string, depth = maxDepth): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    scanJson(text, depth);
    throw new JsonError('invalid JSON');
  }
  const keys = countKeys(value, depth);
  const isPlain = keys === countColons(text) && !surrogateEscape.test(text);
  return isPlain ? { value, duplicateFields: [] } : scanJson(text, depth);
}

/** @throws {JsonError} if `value` nests deeper than a text may that is read */
export function checkDepth(value: unknown): void {
  countKeys(value, maxDepth);
}

const surrogateEscape = /\\u[dD][89a-fA-F]/;

/** Number of keys in all objects of `value`; NaN if a number in it may have lost digits. */
function countKeys(value: unknown, depth: number): number {
  if (typeof value === 'number') return isExact(value) ? 0 : Number.NaN;
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === 0) throw new JsonError('exceeded max depth');
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item !== 'string') count += countKeys(item, depth - 1);
    return count;
  }
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    count += typeof item === 'string' ? 1 : 1 + countKeys(item, depth - 1);
  }
  return count;
}

function isExact(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}

/** Number of colons outside of strings, in a text that is valid JSON: one a key. */
function countColons(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === colon) count++;
    else if (code === quote) {
      do {
        at = text.indexOf('"', at + 1);
      } while (isEscaped(text, at));
    }
  }
  return count;
}
const colon = 0x3a;
const quote = 0x22;
const backslash = 0x5c;

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes++;
  return backslashes % 2 === 1;
}
