// OpenAPI v2 as protobuf, the only form in which kubectl and client-go ask for it.
// Rule: gnostic's openapi.v2.Document; field numbers are those of OpenAPIv2.proto.
import { createWriter, sizeOf, type Writer, writeText, writeVarint, written } from '#lib/api/protobuf/writer.ts';
import type { Schema } from './definition.ts';

/** Media type of `encodeOpenApiV2`. Some clients write `@` before the version, others a dot. */
export const openApiV2ProtobufTypes: readonly string[] = [
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
];

/** The document of `openApiV2` in protobuf. */
export function encodeOpenApiV2(document: Schema): Uint8Array {
  const writer = createWriter(1 << 20);
  documentMessage(writer, document);
  return written(writer);
}

/** Writes the content of a message, backwards, without tag and length. */
type Write = (writer: Writer, value: unknown) => void;
/** Writes field `number` with all that stands before the content. */
type WriteField = (writer: Writer, number: number, value: unknown) => void;
type Field = readonly [number: number, key: string, write: WriteField];

/** `fields` are by ascending number; `extensions` is the number of the vendor extensions. */
function message(fields: () => readonly Field[], extensions?: number): Write {
  let backwards: readonly Field[] | undefined;
  return (writer, value) => {
    backwards ??= [...fields()].reverse();
    const object = value as Schema;
    if (extensions !== undefined) writeExtensions(writer, extensions, object);
    for (const [number, key, write] of backwards) if (object[key] !== undefined) write(writer, number, object[key]);
  };
}

function delimited(writer: Writer, number: number, content: () => void): void {
  const before = sizeOf(writer);
  content();
  writeVarint(writer, sizeOf(writer) - before);
  writeVarint(writer, (number << 3) | 2);
}

const text: WriteField = (writer, number, value) => delimited(writer, number, () => writeText(writer, String(value)));
const flag: WriteField = (writer, number, value) => {
  writeVarint(writer, value ? 1 : 0);
  writeVarint(writer, number << 3);
};

function one(write: Write): WriteField {
  return (writer, number, value) => delimited(writer, number, () => write(writer, value));
}

function each(write: WriteField): WriteField {
  return (writer, number, value) => {
    const items = value as readonly unknown[];
    for (let index = items.length - 1; index >= 0; index--) write(writer, number, items[index]);
  };
}

/** A map, as a list of messages of a name (1) and a value (2). */
function named(write: WriteField): WriteField {
  return (writer, number, value) => {
    for (const [name, item] of Object.entries(value as Schema).reverse()) {
      delimited(writer, number, () => {
        write(writer, 2, item);
        text(writer, 1, name);
      });
    }
  };
}

/** A message whose only field holds the value. */
function wrapped(number: number, write: WriteField): WriteField {
  return (writer, outer, value) => delimited(writer, outer, () => write(writer, number, value));
}

/** Their values are YAML, which JSON is. */
function writeExtensions(writer: Writer, number: number, object: Schema): void {
  for (const key of Object.keys(object).reverse()) {
    if (!key.startsWith('x-')) continue;
    delimited(writer, number, () => {
      delimited(writer, 2, () => text(writer, 2, JSON.stringify(object[key])));
      text(writer, 1, key);
    });
  }
}

const schema: Write = message(
  () => [
    [1, '$ref', text],
    [2, 'format', text],
    [4, 'description', text],
    [19, 'required', each(text)],
    [21, 'additionalProperties', wrapped(1, one(schema))],
    [22, 'type', wrapped(1, text)],
    [23, 'items', wrapped(1, one(schema))],
    [25, 'properties', wrapped(1, named(one(schema)))],
  ],
  31,
);

const body: Write = message(() => [
  [1, 'description', text],
  [2, 'name', text],
  [3, 'in', text],
  [4, 'required', flag],
  [5, 'schema', one(schema)],
]);

const items: Write = message(() => [[1, 'type', text]]);

const queryParameter: Write = message(() => [
  [1, 'required', flag],
  [2, 'in', text],
  [3, 'description', text],
  [4, 'name', text],
  [6, 'type', text],
  [8, 'items', one(items)],
  [20, 'uniqueItems', flag],
]);

const pathParameter: Write = message(() => [
  [1, 'required', flag],
  [2, 'in', text],
  [3, 'description', text],
  [4, 'name', text],
  [5, 'type', text],
  [19, 'uniqueItems', flag],
]);

/** ParametersItem > Parameter > BodyParameter, or NonBodyParameter > that of its place. */
const parameter: WriteField = (writer, number, value) => {
  const place = (value as Schema)['in'];
  const inner =
    place === 'body'
      ? wrapped(1, one(body))
      : wrapped(2, place === 'path' ? wrapped(4, one(pathParameter)) : wrapped(3, one(queryParameter)));
  delimited(writer, number, () => inner(writer, 1, value));
};

const response: Write = message(() => [
  [1, 'description', text],
  [2, 'schema', wrapped(1, one(schema))],
]);

const operation: Write = message(
  () => [
    [1, 'tags', each(text)],
    [3, 'description', text],
    [5, 'operationId', text],
    [6, 'produces', each(text)],
    [7, 'consumes', each(text)],
    [8, 'parameters', each(parameter)],
    [9, 'responses', wrapped(1, named(wrapped(1, one(response))))],
    [10, 'schemes', each(text)],
  ],
  13,
);

const pathItem: Write = message(() => [
  [2, 'get', one(operation)],
  [3, 'put', one(operation)],
  [4, 'post', one(operation)],
  [5, 'delete', one(operation)],
  [6, 'options', one(operation)],
  [7, 'head', one(operation)],
  [8, 'patch', one(operation)],
  [9, 'parameters', each(parameter)],
]);

const info: Write = message(() => [
  [1, 'title', text],
  [2, 'version', text],
]);

const apiKey: Write = message(() => [
  [1, 'type', text],
  [2, 'name', text],
  [3, 'in', text],
  [4, 'description', text],
]);

const documentMessage: Write = message(() => [
  [1, 'swagger', text],
  [2, 'info', one(info)],
  [8, 'paths', wrapped(2, named(one(pathItem)))],
  [9, 'definitions', wrapped(1, named(one(schema)))],
  [12, 'security', each(wrapped(1, named(wrapped(1, each(text)))))],
  [13, 'securityDefinitions', wrapped(1, named(wrapped(2, one(apiKey))))],
]);
