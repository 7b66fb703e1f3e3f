// From stored objects to the bytes that a client asked for. JSON of the stored version is never parsed: bytes are joined.
import { encodeObject } from '#lib/api/json/encode.ts';
import { encodeMessage, encodeProtobuf, encodeProtobufWatchFrame } from '#lib/api/protobuf/codec.ts';
import { apiVersionOf, type KubeObject } from '#lib/api/resource.ts';
import { typeNamed } from '#lib/api/schema.ts';
import type { ListMeta, Status, Table } from '#lib/api/types/meta.v1.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import type { Turn } from '../cache/turn.ts';
import { jsonType, protobufType } from '../codec.ts';
import type { Form } from '../registry.ts';
import type { Served } from '../served.ts';
import { joinList, joinMessages, joinTexts } from './join.ts';
import { metadataOf } from './metadata.ts';
import { inSlices, type Pace } from './pace.ts';
import { type IncludeObject, tableOf } from './table.ts';

export interface Presenter {
  readonly contentType: string;
  /** Of watches. */
  readonly streamType: string;
  /** The same likeness: the same frames of a watch. Undefined where one differs from the next (a Table's first has more). */
  readonly likeness: string | undefined;
  one(stored: StoredObject): Uint8Array;
  /** An object that is made for the answer, such as a Scale. */
  made(object: KubeObject): Uint8Array;
  list(items: readonly StoredObject[], meta: ListMeta): Promise<Uint8Array | AsyncIterable<Uint8Array>>;
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
  readonly pace: Pace;
  readonly nowMs: () => number;
}

export function createPresenter({ served, form, includeObject, turn, pace, nowMs }: PresenterOptions): Presenter {
  const { conversion } = served;
  const takesBytes = form.encoding === 'json' && form.as === 'object';
  const isProtobuf = form.encoding === 'protobuf';
  const listKind = served.facts.listKind ?? `${served.kind}List`;
  const metaVersion = apiVersionOf({ group: 'meta.k8s.io', version: form.metaVersion });
  let hasHeaders = false; // a Table's columns are named in the first frame of a watch only
  let shapes: Map<string, string> | undefined; // of a watch

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
    let shape = withColumns ? undefined : shapes?.get(type);
    if (shape === undefined) {
      const { encoding, as } = form;
      shape = [type, withColumns, served.kind, served.apiVersion, encoding, as, metaVersion, includeObject].join();
      if (!withColumns) (shapes ??= new Map()).set(type, shape);
    }
    return turn.shared(stored, shape, () =>
      frame(type, isPlain(stored) ? stored.bytes : single(objectOf(stored), withColumns)),
    );
  }

  async function list(items: readonly StoredObject[], meta: ListMeta): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
    if (takesBytes && (await areAllPlain(items))) {
      return joinList(items, { kind: listKind, apiVersion: served.apiVersion, itemKind: served.kind }, meta, pace);
    }
    const isMetadata = form.as === 'metadata';
    const head = isMetadata
      ? { kind: 'PartialObjectMetadataList', apiVersion: metaVersion, metadata: meta }
      : { kind: listKind, apiVersion: served.apiVersion, metadata: meta };
    if (isProtobuf) {
      const type = isMetadata ? typeNamed(metadataType) : served.type;
      return joinMessages(head, await inSlices(items, (one) => encodeMessage(shown(one), type), pace), pace);
    }
    const whole = form.as === 'table' ? view([], meta, true) : { ...head, items: [] };
    return joinTexts(JSON.stringify(whole), items, textOf, pace);
  }

  /** The same for all that are stored as they are served; others are looked at one by one. */
  async function areAllPlain(items: readonly StoredObject[]): Promise<boolean> {
    if (conversion === undefined) return true;
    if (conversion.isPlain === undefined) return items.length === 0;
    return (await inSlices(items, isPlain, pace)).every(Boolean);
  }

  function shown(stored: StoredObject): KubeObject {
    const object = conversion === undefined ? stored.glance() : conversion.view(stored);
    return form.as === 'metadata' ? metadataOf(object, metaVersion) : object;
  }

  /** One item or row of a list. */
  function textOf(stored: StoredObject): string {
    const object = shown(stored);
    if (form.as === 'metadata') return JSON.stringify(object);
    if (form.as === 'table') return JSON.stringify((view([object], {}, false) as Table).rows![0]);
    if (served.type.conform !== undefined) return encodeObject(object, served.type);
    const { kind: _kind, apiVersion: _version, ...rest } = object;
    return JSON.stringify(rest);
  }

  function status(of: Status): Uint8Array {
    return isProtobuf ? encodeProtobuf(of, typeNamed(statusType)) : Buffer.from(JSON.stringify(of));
  }

  return {
    contentType: isProtobuf ? protobufType : jsonType,
    likeness:
      form.as === 'table' ? undefined : [served.kind, served.apiVersion, form.encoding, form.as, metaVersion].join(),
    streamType: isProtobuf ? `${protobufType};stream=watch` : jsonType,
    made: (object) => single(object),
    one: (stored) => (isPlain(stored) ? stored.bytes : single(objectOf(stored))),
    list,
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
const statusType = `${meta}.Status`;
