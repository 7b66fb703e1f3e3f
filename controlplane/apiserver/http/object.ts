import { decodeObject } from '#lib/api/json/decode.ts';
import { decodeProtobuf } from '#lib/api/protobuf/codec.ts';
import type { Resource } from '#lib/api/resource.ts';
import { apiVersionOf } from '#lib/api/resource.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import { badRequest } from '#lib/api/status.ts';
import type { ApiResponse } from '../exchange.ts';
import type { Call } from '../handler.ts';
import { readContent } from './content.ts';
import { type AnswerForm, negotiate, protobufType } from './negotiate.ts';
import { wantsPretty } from './pretty.ts';
import { answerObject } from './reply.ts';

/**
 * The object in a request's body, which must be of `kind`.
 * @throws {StatusError} BadRequest if it is not
 */
export async function readObject<T>(call: Call, resource: Resource<T>): Promise<T> {
  const { body, contentType } = await readContent(call.request, 'create');
  const type = typeOfKind(resource.group, resource.version, resource.kind);
  if (type === undefined) throw new TypeError(`No type is named ${resource.kind}`);
  const object = contentType === protobufType ? decodeProtobuf(body, type) : decodeObject(body, type).object;
  const { apiVersion = apiVersionOf(resource), kind = resource.kind } = object as {
    apiVersion?: string;
    kind?: string;
  };
  if (apiVersion !== apiVersionOf(resource) || kind !== resource.kind) {
    const sent = `${kind} in version ${JSON.stringify(apiVersion)}`;
    throw badRequest(
      `the object provided is unrecognized: ${sent} is not ${resource.kind} of ${apiVersionOf(resource)}`,
    );
  }
  return { metadata: {}, ...object } as T;
}

/** An object of a kind that is not stored, as the answer to its creation. */
export function answerCreated<T>(call: Call, resource: Resource<T>, object: object): Promise<ApiResponse> {
  return answerKindOf(call, { ...object, kind: resource.kind, apiVersion: apiVersionOf(resource) }, 201);
}

/** An object of a kind that is not stored, whole whatever view of it is asked for. */
export async function answerKindOf(
  { request }: Call,
  object: { readonly kind: string; readonly apiVersion: string; readonly [field: string]: unknown },
  status = 200,
): Promise<ApiResponse> {
  const form: AnswerForm = {
    ...negotiate(request.headers['accept']),
    as: 'object',
    isPretty: wantsPretty(request.query, request.headers['user-agent']),
  };
  return answerObject(object, form, status);
}
