// A stored object is JSON without its resourceVersion, which is known only once it is committed: here it is put in, and
// its place found again in what a store gives back.

/** `bytes` with the resourceVersion at the place that `encodeForStore` or `resourceVersionPlace` named. */
export function withResourceVersion(bytes: Uint8Array, at: number, resourceVersion: string | number): Uint8Array {
  const isLast = bytes[at] === closeBrace;
  const isFirst = bytes[at - 1] === openBrace;
  const pair = `"resourceVersion":"${resourceVersion}"`;
  const text = isLast ? (isFirst ? pair : `,${pair}`) : `${pair},`;
  const result = Buffer.allocUnsafeSlow(bytes.length + text.length); // kept for long: not a part of something larger
  result.set(bytes);
  result.write(text, at, 'latin1');
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
    const isThere = isText(bytes, at + 1, end, 'metadata');
    at = end + 2;
    if (isThere) break;
    at = endOfString(bytes, at) + 2;
  }
  at++;
  while (bytes[at] === quote) {
    const end = endOfString(bytes, at);
    if (!keysBefore.some((key) => isText(bytes, at + 1, end, key))) return at;
    const valueEnd = endOfString(bytes, end + 2);
    if (bytes[valueEnd + 1] === closeBrace) return valueEnd + 1;
    at = valueEnd + 2;
  }
  return at;
}

/** The fields of ObjectMeta before it: strings all of them. */
const keysBefore: readonly string[] = ['name', 'generateName', 'namespace', 'selfLink', 'uid'];
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

function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let index = 0; index < text.length; index++) if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}
