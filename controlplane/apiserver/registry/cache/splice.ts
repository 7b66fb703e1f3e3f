import { resourceVersionPlace, withResourceVersion } from '#lib/api/json/splice.ts';

/** What the store holds, with the revision at which it holds it: ready to be served. */
export function asServed(bytes: Uint8Array, revision: number): Buffer {
  const result = withResourceVersion(bytes, resourceVersionPlace(bytes), revision);
  return Buffer.from(result.buffer, result.byteOffset, result.byteLength);
}
