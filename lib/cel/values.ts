// Values of JSON as CEL knows them: whole numbers are ints, objects are maps without anything inherited.
import { isDeepStrictEqual } from 'node:util';

/** A copy of `value` for expressions. */
export function toCel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCel);
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value !== 'object' || value === null) return value ?? null;
  return mapOf(value);
}

function mapOf(object: object): Map<string, unknown> {
  const map = new Map<string, unknown>();
  for (const [key, member] of Object.entries(object)) if (member !== undefined) map.set(key, toCel(member));
  return map;
}

/** The value of JSON that a CEL value stands for. @throws {Error} if it stands for none */
export function fromCel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromCel);
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  const isPlain = value instanceof Map || Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain) return special(value);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(entries.map(([key, member]) => [keyText(key), fromCel(member)]));
}

function keyText(key: unknown): string {
  if (typeof key !== 'string') throw new Error(`map key ${String(key)} is not a string`);
  return key;
}

function special(value: object): unknown {
  if ('text' in value && typeof value.text === 'string') return value.text; // a quantity, a URL
  const plain = value.valueOf();
  if (typeof plain === 'bigint') return Number(plain);
  throw new Error(`a value of type ${value.constructor.name} is not JSON`);
}

/** A map whose members are computed when first asked for. One that depends on itself is refused. */
export function lazyMap(members: ReadonlyMap<string, () => unknown>): Map<string, unknown> {
  const known = new Map<string, unknown>();
  const running = new Set<string>();
  const map = new Map<string, unknown>();
  map.has = (key) => members.has(key);
  map.get = (key) => {
    if (known.has(key)) return known.get(key);
    const compute = members.get(key);
    if (compute === undefined) return undefined;
    if (running.has(key)) throw new Error(`composited variable ${JSON.stringify(key)} depends on itself`);
    running.add(key);
    const value = compute();
    running.delete(key);
    known.set(key, value);
    return value;
  };
  return map;
}

/** Whether two CEL values are equal, whatever kinds of number and of map they are. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b);
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, at) => isSame(item, b[at]));
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && isSame(value, b.get(key)));
  }
  const areObjects = typeof a === 'object' && typeof b === 'object' && a !== null && b !== null;
  return areObjects && a.constructor === b.constructor && isDeepStrictEqual(a, b);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'bigint' || typeof value === 'number';
}
