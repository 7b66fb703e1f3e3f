import { encodeProtobufList, type ListHead, protobufListPieces } from '#lib/api/protobuf/codec.ts';
import type { ListMeta } from '#lib/api/types/meta.v1.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import { createSlice, inSlices, type Pace } from './pace.ts';

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
  pace: Pace,
): Uint8Array | AsyncIterable<Uint8Array> {
  const head = Buffer.from(
    `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(meta)},"items":[`,
  );
  const typeMeta = Buffer.from(`{"kind":"${itemKind}","apiVersion":"${apiVersion}",`);
  if (items.length <= mostItemsAtOnce && bytesOf(items) <= mostBytesAtOnce) {
    return joinPiece(items, typeMeta, head, tail);
  }
  return pieces(items, typeMeta, head, pace);
}
const tail = Buffer.from(']}\n');
const none = Buffer.alloc(0);
const mostItemsAtOnce = 1000;
const mostBytesAtOnce = 2 * 1024 * 1024;
const bytesPerPiece = 512 * 1024; // a millisecond or two until it is encrypted

function bytesOf(items: readonly StoredObject[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

async function* pieces(
  items: readonly StoredObject[],
  typeMeta: Buffer,
  head: Buffer,
  pace: Pace,
): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < items.length; ) {
    let to = from;
    for (let bytes = 0; to < items.length && bytes < bytesPerPiece; to++) bytes += items[to]!.bytes.length;
    if (from > 0) await pace();
    yield joinPiece(items.slice(from, to), typeMeta, from === 0 ? head : comma, to === items.length ? tail : none);
    from = to;
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

/** `whole`, whose last field is an empty list, with what `textOf` gives for each item in that list: at once or in pieces, too. */
export async function joinTexts<T>(
  whole: string,
  items: readonly T[],
  textOf: (item: T) => string,
  pace: Pace,
): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  const head = whole.slice(0, -']}'.length);
  if (items.length > mostItemsAtOnce) return textPieces(head, items, textOf, pace);
  const texts = await inSlices(items, textOf, pace);
  return Buffer.from(`${head}${texts.join()}]}\n`);
}

async function* textPieces<T>(
  head: string,
  items: readonly T[],
  textOf: (item: T) => string,
  pace: Pace,
): AsyncGenerator<Uint8Array> {
  const slice = createSlice();
  let texts: string[] = [];
  let length = 0;
  yield Buffer.from(head);
  for (const [i, item] of items.entries()) {
    if (slice.isOver()) await slice.next(pace);
    const text = textOf(item);
    length += text.length;
    texts.push(i === 0 ? text : `,${text}`);
    if (length < textsPerPiece) continue;
    yield Buffer.from(texts.join(''));
    texts = [];
    length = 0;
  }
  yield Buffer.from(`${texts.join('')}]}\n`);
}
const textsPerPiece = 64 * 1024;

/** A list of messages that are encoded: at once or in pieces, too. */
export function joinMessages(
  head: ListHead,
  messages: readonly Uint8Array[],
  pace: Pace,
): Uint8Array | AsyncIterable<Uint8Array> {
  if (messages.length <= mostItemsAtOnce) return encodeProtobufList(head, messages);
  return messagePieces(head, messages, pace);
}

async function* messagePieces(head: ListHead, messages: readonly Uint8Array[], pace: Pace): AsyncGenerator<Uint8Array> {
  for (const piece of protobufListPieces(head, messages, bytesPerPiece)) {
    yield piece;
    await pace();
  }
}
