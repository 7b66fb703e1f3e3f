// From stored objects to the bytes that a client asked for. JSON of the stored version is never parsed: bytes are joined.
import { encodeObject } from '#lib/api/json/encode.ts';
import {
  encodeMessage,
  encodeProtobuf,
  encodeProtobufList,
  encodeProtobufWatchFrame,
} from '#lib/api/protobuf/codec.ts';
import { apiVersionOf, type KubeObject } from '#lib/api/resource.ts';
import { typeNamed } from '#lib/api/schema.ts';
import type { ListMeta, Status } from '#lib/api/types/meta.v1.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import type { Turn } from '../cache/turn.ts';
import { jsonType, protobufType } from '../codec.ts';
import type { Form } from '../registry.ts';
import type { Served } from '../served.ts';
import { joinList } from './join.ts';
import { metadataOf } from './metadata.ts';
import { type IncludeObject, tableOf } from './table.ts';

export interface Presenter {
  readonly contentType: string;
  /** Of watches. */
  readonly streamType: string;
  one(stored: StoredObject): Uint8Array;
  /** An object that is made for the answer, such as a Scale. */
  made(object: KubeObject): Uint8Array;
  list(items: readonly StoredObject[], meta: ListMeta): Uint8Array | AsyncIterable<Uint8Array>;
  /** One line or frame of a watch. */
  event(type: string, stored: StoredObject): Uint8Array;
  /** The same for an object that is not stored: a bookmark. */
  bookmark(object: KubeObject): Uint8Array;
  status(status: Status): Uint8Array;
  /** A frame that ends a watch with a Status. */
  error(status: Status): Uint8Array;
}

export interface PresenterOptions {
  readonly served: Served;
  readonly form: Form;
  readonly includeObject: IncludeObject;
  readonly turn: Turn;
  readonly nowMs: () => number;
}

export function createPresenter({ served, form, includeObject, turn, nowMs }: PresenterOptions): Presenter {
  const { conversion } = served;
  const takesBytes = form.encoding === 'json' && form.as === 'object';
  const isProtobuf = form.encoding === 'protobuf';
  const listKind = served.facts.listKind ?? `${served.kind}List`;
  const metaVersion = apiVersionOf({ group: 'meta.k8s.io', version: form.metaVersion });
  let hasHeaders = false; // a Table's columns are named in the first frame of a watch only
  const shapes = new Map<string, string>();

  function isPlain(stored: StoredObject): boolean {
    return takesBytes && (conversion === undefined || conversion.isPlain?.(stored) === true);
  }

  function objectOf(stored: StoredObject): KubeObject {
    return conversion === undefined ? stored.object() : conversion.view(stored);
  }

  function encode(object: object, typeName: string): Uint8Array {
    if (typeName === served.type.name && !isProtobuf) return Buffer.from(encodeObject(object, served.type));
    if (isProtobuf) return encodeProtobuf(object, typeNamed(typeName));
    return Buffer.from(form.as === 'object' ? encodeObject(object, typeNamed(typeName)) : JSON.stringify(object));
  }

  function view(objects: readonly KubeObject[], meta: ListMeta, withColumns: boolean): object {
    return tableOf({ objects, meta, rules: served.rules, includeObject, metaVersion, nowMs: nowMs(), withColumns });
  }

  function single(object: KubeObject, withColumns = true): Uint8Array {
    if (form.as === 'metadata') return encode(metadataOf(object, metaVersion), metadataType);
    if (form.as === 'object') return encode(object, served.type.name);
    return encode(view([object], { resourceVersion: object.metadata.resourceVersion }, withColumns), '');
  }

  function frame(type: string, object: Uint8Array): Uint8Array {
    if (isProtobuf) return encodeProtobufWatchFrame(type, object);
    const head = `{"type":"${type}","object":`;
    const bytes = Buffer.allocUnsafe(head.length + object.length + end.length);
    bytes.write(head, 0, 'latin1');
    bytes.set(object, head.length);
    bytes.set(end, head.length + object.length);
    return bytes;
  }

  function event(type: string, stored: StoredObject): Uint8Array {
    const withColumns = form.as === 'table' && !hasHeaders;
    hasHeaders = true;
    let shape = withColumns ? undefined : shapes.get(type);
    if (shape === undefined) {
      const { encoding, as } = form;
      shape = [type, withColumns, served.kind, served.apiVersion, encoding, as, metaVersion, includeObject].join();
      if (!withColumns) shapes.set(type, shape);
    }
    return turn.shared(stored, shape, () =>
      frame(type, isPlain(stored) ? stored.bytes : single(objectOf(stored), withColumns)),
    );
  }

  function status(of: Status): Uint8Array {
    return isProtobuf ? encodeProtobuf(of, typeNamed(statusType)) : Buffer.from(JSON.stringify(of));
  }

  return {
    contentType: isProtobuf ? protobufType : jsonType,
    streamType: isProtobuf ? `${protobufType};stream=watch` : jsonType,
    made: (object) => single(object),
    one: (stored) => (isPlain(stored) ? stored.bytes : single(objectOf(stored))),
    list(items, meta) {
      if (takesBytes && items.every(isPlain))
        return joinList(items, { kind: listKind, apiVersion: served.apiVersion, itemKind: served.kind }, meta);
      const objects = items.map(objectOf);
      if (form.as === 'table') return encode(view(objects, meta, true), '');
      if (form.as === 'metadata') {
        const list = { kind: 'PartialObjectMetadataList', apiVersion: metaVersion, metadata: meta };
        const parts = objects.map((object) => metadataOf(object, metaVersion));
        return encode({ ...list, items: parts }, metadataListType);
      }
      const list = { kind: listKind, apiVersion: served.apiVersion, metadata: meta };
      if (isProtobuf)
        return encodeProtobufList(
          list,
          objects.map((object) => encodeMessage(object, served.type)),
        );
      if (served.type.conform !== undefined) {
        const texts = objects.map((object) => encodeObject(object, served.type));
        return Buffer.from(`${JSON.stringify(list).slice(0, -1)},"items":[${texts.join(',')}]}\n`);
      }
      return Buffer.from(
        JSON.stringify({ ...list, items: objects.map(({ kind: _k, apiVersion: _v, ...rest }) => rest) }),
      );
    },
    event,
    bookmark(object) {
      if (form.as !== 'table') return frame('BOOKMARK', single(object));
      const rows = [{ cells: [], object: metadataOf(object, metaVersion) }];
      const { resourceVersion } = object.metadata;
      return frame(
        'BOOKMARK',
        encode({ kind: 'Table', apiVersion: metaVersion, metadata: { resourceVersion }, rows }, ''),
      );
    },
    status,
    error: (of) => frame('ERROR', status(of)),
  };
}
const end = Buffer.from('}\n');
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const metadataType = `${meta}.PartialObjectMetadata`;
const metadataListType = `${meta}.PartialObjectMetadataList`;
const statusType = `${meta}.Status`;
