// The one place that knows which encoders there are.
import { encodeObject } from '#lib/api/json/encode.ts';
import type { TypeSchema } from '#lib/api/schema.ts';
import { failure } from '#lib/api/status.ts';

export const encodeJson: (object: object, type: TypeSchema) => string = encodeObject;

export function encodeProtobuf(_object: object, _type: TypeSchema): Uint8Array {
  throw failure('NotAcceptable', 'only the following media types are accepted: application/json');
}

export function decodeProtobuf(_body: Uint8Array, _type: TypeSchema): Record<string, unknown> {
  throw failure('UnsupportedMediaType', 'the body of the request was in an unknown format');
}
