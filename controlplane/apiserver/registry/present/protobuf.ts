import type { KubeObject } from '#lib/api/resource.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import type { ListMeta } from '#lib/api/types/meta.v1.ts';
import { encodeProtobuf } from '../encoding.ts';
import type { Served } from '../served.ts';

export function protobufListBody(
  list: { readonly kind: string; readonly apiVersion: string; readonly metadata: ListMeta },
  items: readonly KubeObject[],
  served: Served,
): Uint8Array {
  const type = typeOfKind(served.group, served.version, list.kind);
  if (type === undefined) throw new TypeError(`No type is named ${list.kind}`);
  return encodeProtobuf({ ...list, items }, type);
}

/**
 * A watch frame: its length in four bytes, then a WatchEvent message without envelope: type, and a RawExtension whose
 * bytes are the object's own envelope. Rule: apiserver streaming serializer, length-delimited framing.
 */
export function protobufWatchFrame(type: string, object: Uint8Array): Uint8Array {
  const raw = field(1, object);
  const event = Buffer.concat([field(1, Buffer.from(type)), field(2, raw)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

/** A length-delimited field. */
function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}
