// An object as this server keeps it (JSON) and as upstream's keeps it in etcd: protobuf in an envelope, or JSON.
import { conformObject, decodeObject } from '#lib/api/json/decode.ts';
import { encodeForStore } from '#lib/api/json/encode.ts';
import { parseJson } from '#lib/api/json/parse.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import { rulesOf } from '#lib/api/kinds/rules.ts';
import { decodeProtobuf, encodeProtobuf, protobufKind } from '#lib/api/protobuf/codec.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import { parserOf } from '../cache/stored-object.ts';
import { conversionOf } from '../conversions.ts';
import { apiVersionOfKind, type StoredKind } from './kinds.ts';
import { definitionFromBeta } from './older-definitions.ts';
import { ingressFromBeta } from './older-ingresses.ts';

type Fields = Record<string, unknown>;

/** Our bytes as upstream would have written them. Without `kind`: a custom resource. */
export function toUpstream(bytes: Uint8Array, kind: StoredKind | undefined): Uint8Array {
  if (kind === undefined || kind.isJson) return Buffer.concat([bytes, newline]);
  const object = parserOf(kind.type)(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return encodeProtobuf({ ...object, apiVersion: kind.writtenAs }, kind.type);
}
const newline = Buffer.from('\n'); // Go's encoder ends with one

/**
 * What upstream has written, of any version that it ever stored, as we keep it: with the defaults of today.
 * Undefined: it is nothing that the API shows.
 * @throws {StatusError} BadRequest if it cannot be read
 */
export function fromUpstream(bytes: Uint8Array, kind: StoredKind | undefined): Uint8Array | undefined {
  if (!isProtobuf(bytes)) return fromJson(bytes, kind);
  if (kind === undefined) return undefined;
  return ownBytes(readEnvelope(bytes, kind), kind);
}

function isProtobuf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x6b && bytes[1] === 0x38 && bytes[2] === 0x73 && bytes[3] === 0;
}

function ownBytes(object: Fields, kind: StoredKind): Uint8Array {
  const ours = { ...object, kind: kind.kind, apiVersion: apiVersionOfKind(kind) } as unknown as ApiObject;
  ours.metadata ??= {} as never;
  if (!kind.isInternal) rulesOf(kind.group, kind.kind).applyDefaults(ours);
  return encodeForStore(ours, kind.type).bytes;
}

function readEnvelope(bytes: Uint8Array, kind: StoredKind): Fields {
  const { apiVersion } = protobufKind(bytes);
  if (apiVersion === apiVersionOfKind(kind)) return decodeProtobuf(bytes, kind.type);
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const conversion = conversionOf(group!, version!, kind.kind);
  if (conversion !== undefined) {
    const older = decodeProtobuf(bytes, typeOfKind(group!, version!, kind.kind)!) as unknown as KubeObject;
    return conversion.toStored(older as ApiObject, unaborted) as unknown as Fields; // between built-in kinds nobody is asked
  }
  if (apiVersion === 'networking.k8s.io/v1beta1' && kind.kind === 'Ingress') {
    return decodeProtobuf(ingressFromBeta(bytes), kind.type);
  }
  // Versions before the stable one have its numbers: nothing else was ever moved.
  return decodeProtobuf(bytes, kind.type);
}
const unaborted = new AbortController().signal;

function fromJson(bytes: Uint8Array, kind: StoredKind | undefined): Uint8Array | undefined {
  if (bytes[0] !== 0x7b) return undefined;
  if (kind === undefined) {
    const { value } = parseJson(Buffer.from(bytes).toString());
    return encodeForStore(value as object, undefined).bytes;
  }
  const isOlder = kind.kind === 'CustomResourceDefinition' && Buffer.from(bytes).includes(betaDefinitions);
  if (!isOlder) return ownBytes(decodeObject(bytes, kind.type).object, kind);
  const { value } = parseJson(Buffer.from(bytes).toString());
  return ownBytes(conformObject(definitionFromBeta(value as Fields), kind.type).object, kind);
}
const betaDefinitions = '"apiextensions.k8s.io/v1beta1"';
