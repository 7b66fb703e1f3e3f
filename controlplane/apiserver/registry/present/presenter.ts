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
  readonly nowMs: () => number;
}

export function createPresenter({ served, form, includeObject, nowMs }: PresenterOptions): Presenter {
  const { conversion } = served;
  const takesBytes = form.encoding === 'json' && form.as === 'object';
  const isProtobuf = form.encoding === 'protobuf';
  const listKind = served.facts.listKind ?? `${served.kind}List`;
  const metaVersion = apiVersionOf({ group: 'meta.k8s.io', version: form.metaVersion });
  let hasHeaders = false; // a Table's columns are named in the first frame of a watch only

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
    return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object, newline]);
  }

  function framed(type: string, object: KubeObject): Uint8Array {
    const bytes = single(object, !hasHeaders);
    hasHeaders = true;
    return frame(type, bytes);
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
    event: (type, stored) => (isPlain(stored) ? frame(type, stored.bytes) : framed(type, objectOf(stored))),
    bookmark(object) {
      if (form.as !== 'table') return framed('BOOKMARK', object);
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
const newline = Buffer.from('}\n');
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const metadataType = `${meta}.PartialObjectMetadata`;
const metadataListType = `${meta}.PartialObjectMetadataList`;
const statusType = `${meta}.Status`;
