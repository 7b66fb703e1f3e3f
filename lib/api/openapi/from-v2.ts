// A document of OpenAPI v2 as one of v3, for extension API servers that publish no other. Pure.
// Rule: kube-openapi openapiconv, ConvertV2ToV3.
import { typeNames } from '../schema.ts';
import { definitionOf, refPrefix, type Schema } from './definition.ts';
import { reachable } from './reach.ts';

export interface V2Document {
  readonly info?: unknown;
  readonly paths?: Schema;
  readonly definitions?: Schema;
  readonly securityDefinitions?: Schema;
}

/** Definitions that `document` names and does not bring along are ours. `version`: of this server. */
export function v3FromV2(document: V2Document, version: string): Schema {
  const { info = { title: 'Kubernetes', version }, paths = {}, definitions = {}, securityDefinitions } = document;
  const mine = { paths: mapped(paths, pathItem), schemas: referring(definitions) };
  const missing = namesIn(JSON.stringify(mine)).filter((name) => !Object.hasOwn(definitions, name) && known.has(name));
  const ours = [...reachable(missing)].filter(([name]) => !Object.hasOwn(definitions, name));
  const schemas = {
    ...mine.schemas,
    ...Object.fromEntries(ours.map(([name, type]) => [name, definitionOf(type, 'v3')])),
  };
  const security = securityDefinitions === undefined ? {} : { securitySchemes: securityDefinitions };
  return { openapi: '3.0.0', info, paths: mine.paths, components: { schemas, ...security } };
}

const known: ReadonlySet<string> = new Set(typeNames());
const methods: ReadonlySet<string> = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch']);

function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!);
}

/** The same with references as v3 has them. */
function referring<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll(`"$ref":"${refPrefix.v2}`, `"$ref":"${refPrefix.v3}`));
}

function mapped(all: Schema, map: (one: Schema) => Schema): Schema {
  return Object.fromEntries(Object.entries(all).map(([key, one]) => [key, isMap(one) ? map(one) : one]));
}

function isMap(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly Schema[] {
  return Array.isArray(value) ? value.filter(isMap) : [];
}

function pathItem(item: Schema): Schema {
  return Object.fromEntries(
    Object.entries(item).map(([key, value]) => {
      if (methods.has(key) && isMap(value)) return [key, operation(value)];
      return key === 'parameters' ? [key, listOf(value).map(parameter)] : [key, value];
    }),
  );
}

function operation({ consumes, produces, parameters, responses, schemes: _, ...rest }: Schema): Schema {
  const all = listOf(parameters);
  const others = all.filter((one) => !isBody(one)).map(parameter);
  const body = all.find(isBody);
  return {
    ...rest,
    ...(others.length === 0 ? {} : { parameters: others }),
    ...(body === undefined ? {} : { requestBody: { ...contentOf(body['schema'], consumes) } }),
    responses: mapped(isMap(responses) ? responses : {}, ({ schema, headers: _headers, ...said }) => ({
      ...said,
      ...contentOf(schema, produces),
    })),
  };
}

function isBody({ name, schema }: Schema): boolean {
  return name === 'body' && schema !== undefined;
}

function contentOf(schema: unknown, types: unknown): Schema {
  if (schema === undefined || !Array.isArray(types)) return {};
  const one = { schema: referring(schema) };
  return { content: Object.fromEntries(types.map((type) => [String(type), one])) };
}

/** What says of which form a value is goes into a schema of its own. */
function parameter({ name, in: place, description, required, schema, $ref, ...form }: Schema): Schema {
  if ($ref !== undefined) return { $ref: String($ref).replace('#/parameters/', '#/components/parameters/') };
  const { allowEmptyValue, collectionFormat: _, ...shape } = form;
  const extensions = Object.fromEntries(Object.entries(shape).filter(([key]) => key.startsWith('x-')));
  const own = Object.fromEntries(Object.entries(shape).filter(([key]) => !key.startsWith('x-')));
  return {
    ...(name === undefined ? {} : { name }),
    ...(place === undefined ? {} : { in: place }),
    ...(description === undefined ? {} : { description }),
    ...(required === undefined ? {} : { required }),
    ...(allowEmptyValue === undefined ? {} : { allowEmptyValue }),
    schema: schema === undefined ? own : referring(schema),
    ...extensions,
  };
}
