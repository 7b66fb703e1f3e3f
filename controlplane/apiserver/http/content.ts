import { failure, type StatusError } from '#lib/api/status.ts';
import type { ApiRequest } from '../exchange.ts';
import { jsonType, mediaTypeOf, protobufType, yamlType } from './negotiate.ts';
import { repeatedKeysIn, yamlToJson } from './yaml.ts';

export interface Content {
  readonly body: Uint8Array;
  readonly contentType: string;
  /** What is said of keys that stand twice in a map, of YAML. */
  readonly repeatedKeys?: readonly string[];
}

/** Upstream's bound for what is sent to a resource. */
export const bodyLimitBytes = 3 * 1024 * 1024;

/**
 * The body of a request for a resource, YAML turned into JSON.
 * @throws {StatusError} UnsupportedMediaType, and what reading the body throws
 */
export async function readContent(request: ApiRequest, verb: string): Promise<Content> {
  if (!writing.has(verb)) return nothing;
  const contentType = mediaTypeOf(request.headers['content-type']);
  if (verb === 'patch') {
    if (!patchTypes.includes(contentType)) throw unsupported(patchTypes);
    return { body: await request.body(bodyLimitBytes), contentType };
  }
  const body = await request.body(bodyLimitBytes);
  if (body.length === 0 && verb.startsWith('delete')) return nothing;
  switch (contentType) {
    case '':
    case jsonType:
      return { body, contentType: jsonType };
    case protobufType:
      return { body, contentType };
    case yamlType: {
      const text = Buffer.from(body).toString();
      const json = Buffer.from(await yamlToJson(text));
      const isAsked = request.query.get('fieldValidation') !== 'Ignore';
      return { body: json, contentType: jsonType, repeatedKeys: isAsked ? await repeatedKeysIn(text) : [] };
    }
    default:
      throw unsupported([jsonType, yamlType, protobufType]);
  }
}

const nothing: Content = { body: new Uint8Array(0), contentType: jsonType };
const writing: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const patchTypes: readonly string[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

function unsupported(types: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`;
  return failure('UnsupportedMediaType', message);
}
