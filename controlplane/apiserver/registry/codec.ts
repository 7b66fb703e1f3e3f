// Objects from requests, and to bytes: by JSON, and by protobuf for the kinds that have a message.
import { type Decoded, decodeObject, refuseStrictProblems, strictProblems } from '#lib/api/json/decode.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import { decodeProtobuf } from '#lib/api/protobuf/codec.ts';
import { type TypeSchema, typeOfKind } from '#lib/api/schema.ts';
import { badRequest, failure } from '#lib/api/status.ts';
import type { WriteOptions } from './options.ts';
import type { ResourceCall } from './registry.ts';
import type { Served } from './served.ts';

export const jsonType = 'application/json';
export const protobufType = 'application/vnd.kubernetes.protobuf';

/** What a body is expected to hold. */
export interface Expected {
  readonly apiVersion: string;
  readonly kind: string;
  readonly type: TypeSchema;
}

export function expectedOf({ apiVersion, kind, type }: Served): Expected {
  return { apiVersion, kind, type };
}

/**
 * The object in `body`, with kind and apiVersion as expected.
 * @throws {StatusError} BadRequest for what cannot be read, is of another kind, or, under Strict, has unknown fields
 */
export function decodeBody(
  { body, contentType, repeatedKeys = [] }: Pick<ResourceCall, 'body' | 'contentType' | 'repeatedKeys'>,
  expected: Expected,
  validation: WriteOptions['fieldValidation'],
  warn: (text: string) => void,
): ApiObject {
  if (contentType === protobufType && expected.type.conform === undefined)
    return checkKind(decodeProtobuf(body, expected.type) as Fields, expected);
  if (contentType !== jsonType && contentType !== '') {
    const hasMessage = expected.type.conform === undefined;
    throw unsupportedMediaType(hasMessage ? [jsonType, protobufType] : [jsonType, 'application/yaml']);
  }
  const decoded = { ...decodeObject(body, expected.type), repeatedKeys };
  const object = checkKind(decoded.object, expected);
  judgeFields(decoded, expected.type, validation, warn);
  return object;
}

/** Does with unknown and duplicate fields as `fieldValidation` asks. */
export function judgeFields(
  decoded: Decoded,
  type: TypeSchema,
  validation: WriteOptions['fieldValidation'],
  warn: (text: string) => void,
): void {
  if (validation === 'Strict') refuseStrictProblems(decoded, type);
  if (validation === 'Warn') for (const problem of strictProblems(decoded)) warn(problem);
}

type Fields = Record<string, unknown>;

/** Gives `object` the expected kind where it names none, and metadata where it has none. */
export function checkKind(object: Fields, { apiVersion, kind }: Expected): ApiObject {
  const sentKind = object['kind'] ?? '';
  const sentVersion = object['apiVersion'] ?? '';
  const isSame = (sentKind === '' || sentKind === kind) && (sentVersion === '' || sentVersion === apiVersion);
  if (!isSame) throw wrongKind(String(sentKind || kind), String(sentVersion || apiVersion), { apiVersion, kind });
  const { kind: _kind, apiVersion: _version, ...rest } = object;
  return { kind, apiVersion, ...rest, metadata: rest['metadata'] ?? {} } as ApiObject;
}

function wrongKind(kind: string, apiVersion: string, expected: Pick<Expected, 'apiVersion' | 'kind'>): Error {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const what = `${kind} in version "${version}" cannot be handled as a ${expected.kind}`;
  if (typeOfKind(group!, version!, kind) === undefined) {
    return badRequest(`${what}: no kind "${kind}" is registered for version "${apiVersion}" in scheme "skiff"`);
  }
  if (kind === expected.kind) {
    const differ = `the API version in the data (${apiVersion}) does not match the expected API version (${expected.apiVersion})`;
    return badRequest(differ);
  }
  const [internal = ''] = (expected.apiVersion.includes('/') ? expected.apiVersion : 'core').split(/[./]/);
  return badRequest(`${what}: converting (${version}.${kind}) to (${internal}.${expected.kind}): unknown conversion`);
}

export function unsupportedMediaType(accepted: readonly string[]): Error {
  const list = accepted.join(', ');
  const message = `the body of the request was in an unknown format - accepted media types include: ${list}`;
  return failure('UnsupportedMediaType', message);
}
