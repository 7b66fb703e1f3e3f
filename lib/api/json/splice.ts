// A stored object is JSON without its resourceVersion, which is known only once it is committed: here it is put in, and
// its place found again in what a store gives back.

/** `bytes` with the resourceVersion at the place that `encodeForStore` or `resourceVersionPlace` named. */
export function withResourceVersion(bytes: Uint8Array, at: number, resourceVersion: string | number): Uint8Array {
  const isLast = bytes[at] === closeBrace;
  const isFirst = bytes[at - 1] === openBrace;
  const pair = `"resourceVersion":"${resourceVersion}"`;
  const text = isLast ? (isFirst ? pair : `,${pair}`) : `${pair},`;
  const result = new Uint8Array(bytes.length + text.length);
  result.set(bytes.subarray(0, at));
  for (let index = 0; index < text.length; index++) result[at + index] = text.charCodeAt(index);
  result.set(bytes.subarray(at), at + text.length);
  return result;
}

/**
 * Where the resourceVersion belongs in bytes of `encodeForStore`.
 * @throws {TypeError} if they are none: the store is broken
 */
export function resourceVersionPlace(bytes: Uint8Array): number {
  let at = 1;
  for (;;) {
    const end = endOfString(bytes, at);
    const key = ascii(bytes, at + 1, end);
    at = end + 2;
    if (key === 'metadata') break;
    at = endOfString(bytes, at) + 2;
  }
  at++;
  while (bytes[at] === quote) {
    const end = endOfString(bytes, at);
    if (!keysBefore.has(ascii(bytes, at + 1, end))) return at;
    const valueEnd = endOfString(bytes, end + 2);
    if (bytes[valueEnd + 1] === closeBrace) return valueEnd + 1;
    at = valueEnd + 2;
  }
  return at;
}

/** The fields of ObjectMeta before it: strings all of them. */
const keysBefore: ReadonlySet<string> = new Set(['name', 'generateName', 'namespace', 'selfLink', 'uid']);
const openBrace = 0x7b;
const closeBrace = 0x7d;
const quote = 0x22;
const backslash = 0x5c;

/** Index of the closing quote of the string that opens at `start`. */
function endOfString(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== quote) throw new TypeError(`Stored object is not as it was encoded, at byte ${start}`);
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === backslash) at++;
    else if (bytes[at] === quote) return at;
  }
  throw new TypeError('Stored object ends within a string');
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 64)));
}
