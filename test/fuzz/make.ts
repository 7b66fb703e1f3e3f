// Hostile texts and values: what has broken readers elsewhere, and small changes of what is right.
import type { Random } from '../chaos/random.ts';

const scalars: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  1.5,
  -0,
  1e308,
  2 ** 31,
  2 ** 53,
  2 ** 63,
  '',
  'a',
  'A',
  '0',
  '1Gi',
  '-1',
  '10.0.0.1',
  '::',
  'Always',
  'default',
  '2026-01-01T00:00:00Z',
  '../..',
  '\u0000',
  '\ud800',
  'ä',
  '😀',
  'constructor',
  '__proto__',
  'toString',
  'x'.repeat(300),
];

const keys: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'polluted',
  'metadata',
  'name',
  'namespace',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
  'spec',
  'status',
  'containers',
  'ports',
  'env',
  'volumes',
  'template',
  'selector',
  'matchLabels',
  'replicas',
  'image',
  'resources',
  'limits',
  'cpu',
  'data',
  '$patch',
  '$retainKeys',
  '$setElementOrder/containers',
  '$deleteFromPrimitiveList/finalizers',
  '',
  'a/b',
  'a~b',
  '0',
  '-',
];

export function someKey(random: Random): string {
  return random.pick(keys);
}

export function someValue(random: Random, depth = 4): unknown {
  const kind = depth === 0 ? 0 : random.between(0, 4);
  if (kind === 3) return Array.from({ length: random.between(0, 4) }, () => someValue(random, depth - 1));
  if (kind === 4) return someObject(random, depth);
  return random.pick(scalars);
}

export function someObject(random: Random, depth = 4): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (let left = random.between(0, 5); left > 0; left--) define(object, someKey(random), someValue(random, depth - 1));
  return object;
}

/** As JSON.parse does: `__proto__` is a key like any other. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** `value` with a few of its parts changed, taken out, doubled or put elsewhere. */
export function changedValue(random: Random, value: unknown): unknown {
  const roll = random.next();
  if (roll < 0.1) return someValue(random, 3);
  if (Array.isArray(value)) {
    const items = value.map((item) => (random.next() < 0.4 ? changedValue(random, item) : item));
    if (random.next() < 0.2 && items.length > 0) items.push(structuredClone(random.pick(items)));
    return random.next() < 0.1 ? [] : items;
  }
  if (typeof value !== 'object' || value === null) return roll < 0.4 ? random.pick(scalars) : value;
  const object: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (random.next() < 0.08) continue;
    define(object, key, random.next() < 0.4 ? changedValue(random, member) : member);
  }
  if (random.next() < 0.2) define(object, someKey(random), someValue(random, 2));
  return object;
}

/** `text` with pieces of itself and of `tokens` moved about, at times with a very long run in it. */
export function changedText(random: Random, text: string, tokens: readonly string[]): string {
  let result = text;
  for (let left = random.between(0, 4); left > 0; left--) {
    const at = random.between(0, result.length);
    const length = random.between(0, Math.min(12, result.length - at));
    const piece = result.slice(at, at + length);
    const way = random.between(0, 5);
    if (way === 0) result = result.slice(0, at) + result.slice(at + length);
    else if (way === 1) result = result.slice(0, at) + piece + piece + result.slice(at + length);
    else if (way === 2) result = result.slice(0, at) + random.pick(tokens) + result.slice(at);
    else if (way === 3) result = result.slice(0, at) + random.pick(tokens) + result.slice(at + length);
    else if (way === 4) result = result.slice(0, at) + someCharacter(random) + result.slice(at + 1);
    else if (random.next() < 0.05) result = result.slice(0, at) + random.pick(tokens).repeat(2000) + result.slice(at);
  }
  return result;
}

function someCharacter(random: Random): string {
  return random.next() < 0.8
    ? String.fromCharCode(random.between(0, 127))
    : String.fromCharCode(random.between(128, 0xffff));
}

/** `bytes` with a few of them changed, taken out or doubled. */
export function changedBytes(random: Random, bytes: Uint8Array): Uint8Array {
  let result = Uint8Array.from(bytes);
  for (let left = random.between(1, 6); left > 0; left--) {
    const at = random.between(0, Math.max(0, result.length - 1));
    const way = random.between(0, 3);
    if (way === 0) result[at] = random.between(0, 255);
    else if (way === 1) result[at] = (result[at] ?? 0) ^ (1 << random.between(0, 7));
    else if (way === 2) result = result.slice(0, at);
    else {
      const piece = result.subarray(at, at + random.between(1, 40));
      const joined = new Uint8Array(result.length + piece.length);
      joined.set(result.subarray(0, at));
      joined.set(piece, at);
      joined.set(result.subarray(at), at + piece.length);
      result = joined;
    }
  }
  return result;
}
