import { encodeObject } from '#lib/api/json/encode.ts';
import { encodeProtobuf } from '#lib/api/protobuf/codec.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import { failure, StatusError } from '#lib/api/status.ts';
import type { Status } from '#lib/api/types/meta.v1.ts';
import { ReasonError } from '#lib/errors.ts';
import type { ApiResponse } from '../exchange.ts';
import { isPushed } from '../pushed.ts';
import { type AnswerForm, jsonType, protobufType, yamlType } from './negotiate.ts';
import { indentJson } from './pretty.ts';
import { jsonToYaml } from './yaml.ts';

/** Anything that was thrown, as a Status of upstream's. */
export function statusOf(error: unknown): Status {
  if (error instanceof StatusError) return error.status;
  if (error instanceof ReasonError) return failure(error.reason, error.message).status;
  const why = error instanceof Error ? error.message : String(error);
  return failure('InternalError', `Internal error occurred: ${why}`, { causes: [{ message: why }] }).status;
}

/** A refusal in the form the client asked for. */
export async function answerStatus(status: Status, form: AnswerForm): Promise<ApiResponse> {
  const retryAfter = status.details?.retryAfterSeconds;
  const answer = await answerObject({ ...status, kind: 'Status', apiVersion: 'v1' }, form, status.code ?? 500);
  if (retryAfter === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfter) } };
}

/** An object with apiVersion and kind that no registry has encoded: a Status, a review. */
export async function answerObject(object: KubeLike, form: AnswerForm, status = 200): Promise<ApiResponse> {
  const { group, version } = splitApiVersion(object.apiVersion);
  const type = typeOfKind(group, version, object.kind);
  if (form.encoding === 'protobuf' && type?.facts.proto !== undefined) {
    return { status, headers: { 'content-type': protobufType }, body: encodeProtobuf(object, type) };
  }
  return finish({ status, headers: { 'content-type': jsonType }, body: `${encodeObject(object, type)}\n` }, form);
}

interface KubeLike {
  readonly apiVersion: string;
  readonly kind: string;
}

function splitApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const [first = '', second] = apiVersion.split('/');
  return second === undefined ? { group: '', version: first } : { group: first, version: second };
}

/** Turns a JSON answer into what else was asked for: YAML, or indented for people. Watches stay as they are. */
export async function finish(response: ApiResponse, form: AnswerForm): Promise<ApiResponse> {
  const { body, headers } = response;
  if (!(form.isYaml || form.isPretty) || headers['content-type'] !== jsonType) return response;
  if (body === undefined || isPushed(body)) return response;
  const text = await textOf(body);
  if (!form.isYaml) return { ...response, body: `${indentJson(text.trimEnd())}\n` };
  return { ...response, headers: { ...headers, 'content-type': yamlType }, body: await jsonToYaml(text) };
}

/** A long list comes in pieces. */
async function textOf(body: NonNullable<ApiResponse['body']>): Promise<string> {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
}

/** What upstream's mux says of paths that nobody serves. */
export function notFoundPage(): ApiResponse {
  return {
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: '404 page not found\n',
  };
}

export function textAnswer(body: string, status = 200): ApiResponse {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  return { status, headers, body };
}
