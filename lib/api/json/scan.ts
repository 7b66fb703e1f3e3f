// Reads JSON character by character: sees what JSON.parse hides (duplicate keys, digits beyond 2^53), and says what is
// wrong in Go's words. An order of magnitude slower than JSON.parse: used only where that one does not do.
import { JsonError } from './json-error.ts';

export interface Parsed {
  readonly value: unknown;
  readonly duplicateFields: readonly string[];
}

/**
 * The same as `parseJson`, always the slow way.
 * @throws {JsonError} if `text` is no JSON or nests deeper than `maxDepth`
 */
export function scanJson(text: string, maxDepth: number): Parsed {
  const scan: Scan = { text, at: 0, path: [], maxDepth, duplicateFields: [] };
  const value = scanValue(scan);
  skipSpace(scan);
  if (scan.at < text.length) throw unexpected(scan, 'after top-level value');
  return { value, duplicateFields: scan.duplicateFields };
}

interface Scan {
  readonly text: string;
  at: number;
  readonly path: (string | number)[];
  readonly maxDepth: number;
  readonly duplicateFields: string[];
}

/** As many problems as upstream lists of one object. */
const maxDuplicates = 100;

function scanValue(scan: Scan): unknown {
  skipSpace(scan);
  const start = scan.text[scan.at];
  switch (start) {
    case '{':
      return scanObject(scan);
    case '[':
      return scanArray(scan);
    case '"':
      return scanString(scan);
    case 't':
      return scanWord(scan, 'true', true);
    case 'f':
      return scanWord(scan, 'false', false);
    case 'n':
      return scanWord(scan, 'null', null);
    default:
      return scanNumber(scan);
  }
}

function scanObject(scan: Scan): Record<string, unknown> {
  enter(scan);
  const object: Record<string, unknown> = {};
  scan.at++;
  skipSpace(scan);
  if (scan.text[scan.at] === '}') return leave(scan, object);
  for (;;) {
    skipSpace(scan);
    if (scan.text[scan.at] !== '"') throw unexpected(scan, 'looking for beginning of object key string');
    const key = scanString(scan);
    skipSpace(scan);
    if (scan.text[scan.at] !== ':') throw unexpected(scan, 'after object key');
    scan.at++;
    scan.path.push(key);
    if (Object.hasOwn(object, key)) addDuplicate(scan);
    const value = scanValue(scan);
    scan.path.pop();
    if (key === '__proto__') Object.defineProperty(object, key, { value, ...plain });
    else object[key] = value;
    skipSpace(scan);
    const next = scan.text[scan.at];
    if (next === '}') return leave(scan, object);
    if (next !== ',') throw unexpected(scan, 'after object key:value pair');
    scan.at++;
  }
}
const plain = { enumerable: true, configurable: true, writable: true };

function scanArray(scan: Scan): unknown[] {
  enter(scan);
  const items: unknown[] = [];
  scan.at++;
  skipSpace(scan);
  if (scan.text[scan.at] === ']') return leave(scan, items);
  for (;;) {
    scan.path.push(items.length);
    items.push(scanValue(scan));
    scan.path.pop();
    skipSpace(scan);
    const next = scan.text[scan.at];
    if (next === ']') return leave(scan, items);
    if (next !== ',') throw unexpected(scan, 'after array element');
    scan.at++;
  }
}

function enter(scan: Scan): void {
  if (scan.path.length >= scan.maxDepth) throw new JsonError('exceeded max depth');
}

function leave<T>(scan: Scan, value: T): T {
  scan.at++;
  return value;
}

function addDuplicate(scan: Scan): void {
  const field = pathText(scan.path);
  if (scan.duplicateFields.length < maxDuplicates && !scan.duplicateFields.includes(field)) {
    scan.duplicateFields.push(field);
  }
}

/** `spec.containers[0].name` */
export function pathText(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

function scanString(scan: Scan): string {
  const { text } = scan;
  const start = scan.at;
  let isPlain = true;
  for (scan.at++; ; scan.at++) {
    const code = text.charCodeAt(scan.at);
    if (code === 0x22) break;
    if (Number.isNaN(code)) throw new JsonError('unexpected end of JSON input');
    if (code < 0x20) throw unexpected(scan, 'in string literal');
    if (code !== 0x5c) continue;
    isPlain = false;
    scan.at++;
    scanEscape(scan);
  }
  scan.at++;
  if (isPlain) return text.slice(start + 1, scan.at - 1).toWellFormed();
  return (JSON.parse(text.slice(start, scan.at)) as string).toWellFormed();
}

function scanEscape(scan: Scan): void {
  const letter = scan.text[scan.at];
  if (letter === undefined || !'"\\/bfnrtu'.includes(letter)) throw unexpected(scan, 'in string escape code');
  if (letter !== 'u') return;
  for (let digit = 0; digit < 4; digit++) {
    scan.at++;
    if (!/[0-9a-fA-F]/.test(scan.text[scan.at] ?? '')) throw unexpected(scan, 'in \\u hexadecimal character escape');
  }
}

function scanWord<T>(scan: Scan, word: string, value: T): T {
  for (const letter of word) {
    if (scan.text[scan.at] !== letter) throw unexpected(scan, `in literal ${word} (expecting '${letter}')`);
    scan.at++;
  }
  return value;
}

const numberForm = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;

function scanNumber(scan: Scan): number | bigint {
  numberForm.lastIndex = scan.at;
  const match = numberForm.exec(scan.text);
  if (match === null) {
    if (scan.text[scan.at] !== '-') throw unexpected(scan, 'looking for beginning of value');
    scan.at++;
    throw unexpected(scan, 'in numeric literal');
  }
  scan.at += match[0].length;
  const value = Number(match[0]);
  if (!Number.isFinite(value)) {
    throw new JsonError(`json: cannot unmarshal number ${match[0].slice(0, 40)} into Go value of type float64`);
  }
  const isInteger = match[1] === undefined && match[2] === undefined;
  return isInteger && !Number.isSafeInteger(value) ? exact(match[0], value) : value;
}

/** Beyond 64 bits Go has a float, too: no number of a million digits is ever computed with. */
function exact(digits: string, value: number): number | bigint {
  if (digits.length > 20) return value;
  const integer = BigInt(digits);
  return BigInt.asIntN(64, integer) === integer ? integer : value;
}

function skipSpace(scan: Scan): void {
  for (; ; scan.at++) {
    const code = scan.text.charCodeAt(scan.at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
  }
}

function unexpected({ text, at }: Scan, where: string): JsonError {
  if (at >= text.length) return new JsonError('unexpected end of JSON input');
  const character = String.fromCodePoint(text.codePointAt(at)!);
  const shown = character === "'" ? "\\'" : character === '"' ? '"' : JSON.stringify(character).slice(1, -1);
  return new JsonError(`invalid character '${shown}' ${where}`);
}
