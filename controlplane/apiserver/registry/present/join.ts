import type { ListMeta } from '#lib/api/types/meta.v1.ts';
import type { StoredObject } from '../cache/stored-object.ts';

export interface ListKinds {
  readonly kind: string;
  readonly apiVersion: string;
  readonly itemKind: string;
}

/**
 * A list's JSON made of its items' bytes: one buffer if it is small, else pieces. Items of a typed list name neither
 * kind nor apiVersion: these are cut off.
 */
export function joinList(
  items: readonly StoredObject[],
  { kind, apiVersion, itemKind }: ListKinds,
  meta: ListMeta,
): Uint8Array | AsyncIterable<Uint8Array> {
  const head = Buffer.from(
    `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(meta)},"items":[`,
  );
  const typeMeta = Buffer.from(`{"kind":"${itemKind}","apiVersion":"${apiVersion}",`);
  if (items.length <= itemsPerPiece) return joinPiece(items, typeMeta, head, tail);
  return pieces(items, typeMeta, head);
}
const tail = Buffer.from(']}\n');
const none = Buffer.alloc(0);
const itemsPerPiece = 1000;

async function* pieces(items: readonly StoredObject[], typeMeta: Buffer, head: Buffer): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < items.length; i += itemsPerPiece) {
    const isLast = i + itemsPerPiece >= items.length;
    yield joinPiece(items.slice(i, i + itemsPerPiece), typeMeta, i === 0 ? head : comma, isLast ? tail : none);
  }
}
const comma = Buffer.from(',');

function joinPiece(items: readonly StoredObject[], typeMeta: Buffer, head: Buffer, end: Buffer): Buffer {
  let length = head.length + end.length;
  for (const { bytes } of items) length += bytes.length + 1;
  const piece = Buffer.allocUnsafe(length);
  let at = head.copy(piece);
  for (const [i, { bytes }] of items.entries()) {
    if (i > 0) piece[at++] = commaByte;
    const isTyped = bytes.compare(typeMeta, 0, typeMeta.length, 0, typeMeta.length) === 0;
    if (isTyped) piece[at++] = braceByte;
    at += bytes.copy(piece, at, isTyped ? typeMeta.length : 0);
  }
  at += end.copy(piece, at);
  return piece.subarray(0, at);
}
const commaByte = 0x2c;
const braceByte = 0x7b;
