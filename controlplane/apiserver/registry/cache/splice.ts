import { resourceVersionPlace, withResourceVersion } from '#lib/api/json/splice.ts';

/** What the store holds, with the revision at which it holds it: ready to be served. 0: it does not, and never will. */
export function asServed(bytes: Uint8Array, revision: number): Buffer {
  if (revision === 0) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result = withResourceVersion(bytes, resourceVersionPlace(bytes), revision);
  return Buffer.from(result.buffer, result.byteOffset, result.byteLength);
}

/** Whether `bytes`, as the store would hold them, are what `known` is served as: all but its version, that is. */
export function isServedAs(bytes: Uint8Array, known: { readonly bytes: Buffer; readonly revision: number }): boolean {
  const least = bytes.length + `"resourceVersion":"${known.revision}"`.length;
  if (known.bytes.length < least || known.bytes.length > least + 1) return false; // with a comma or without
  const at = resourceVersionPlace(bytes);
  const longer = known.bytes.length - bytes.length;
  return (
    known.bytes.compare(bytes, 0, at, 0, at) === 0 &&
    known.bytes.compare(bytes, at, bytes.length, at + longer, known.bytes.length) === 0
  );
}
