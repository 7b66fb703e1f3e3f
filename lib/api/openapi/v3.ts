import type { ServedResource } from '#lib/api/discovery/served.ts';
import { definitionOf, refPrefix, type Schema } from './definition.ts';
import { mediaTypes, patchTypes, watchTypes } from './media-types.ts';
import type { Operation, PathOperations } from './operation.ts';
import { operationsOf } from './operations.ts';
import type { Parameter } from './parameters.ts';
import { reachable } from './reach.ts';
import { resourcesOperation } from './root-operations.ts';
import { watchOperationsOf } from './watch-operations.ts';

/** The OpenAPI v3 document of one group and version, of its built-in resources. `version`: the server's. */
export function openApiV3(resources: readonly ServedResource[], version: string): Schema {
  return openApiV3Of(pathsOfVersion(resources), version);
}

/** All paths of one group and version. */
export function pathsOfVersion(resources: readonly ServedResource[]): readonly PathOperations[] {
  const [first] = resources;
  return [
    ...(first === undefined ? [] : [resourcesOperation(first.group, first.version)]),
    ...resources.flatMap((resource) => [...operationsOf(resource), ...watchOperationsOf(resource)]),
  ];
}

/** The document of these paths. */
export function openApiV3Of(paths: readonly PathOperations[], version: string): Schema {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version },
    paths: Object.fromEntries(paths.map((path) => [path.path, renderPath(path)])),
    components: {
      schemas: Object.fromEntries([...typesOf(paths)].map(([name, type]) => [name, definitionOf(type, 'v3')])),
      securitySchemes: {
        BearerToken: { description: 'Bearer token', type: 'apiKey', name: 'authorization', in: 'header' },
      },
    },
  };
}

/** All types that requests and answers of these paths are made of. */
export function typesOf(paths: readonly PathOperations[]): ReturnType<typeof reachable> {
  return reachable(namesIn(paths));
}

/** The types that these paths name themselves. */
export function namesIn(paths: readonly PathOperations[]): readonly string[] {
  const names = paths.flatMap(({ operations }) =>
    operations.flatMap(({ body, answer }) => [
      ...(body === undefined ? [] : [body.type]),
      ...(typeof answer === 'string' ? [answer] : []),
    ]),
  );
  return [...names, ...(names.length === 0 ? [] : [watchEvent])];
}

/** In every document: what watches are made of. */
const watchEvent = 'io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent';

export function renderPath({ parameters, operations }: PathOperations): Schema {
  return {
    ...Object.fromEntries(operations.map((operation) => [operation.method, renderOperation(operation)])),
    parameters: parameters.map(renderParameter),
  };
}

function renderOperation(operation: Operation): Schema {
  const { body } = operation;
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.operationId,
    ...(operation.parameters.length === 0 ? {} : { parameters: operation.parameters.map(renderParameter) }),
    ...(body === undefined ? {} : { requestBody: renderBody(body, operation.patchTypes) }),
    responses: renderResponses(operation),
    ...identityOf(operation),
  };
}

function renderParameter({ name, in: place, type, isList, description }: Parameter): Schema {
  const one = { type, uniqueItems: true };
  return {
    name,
    in: place,
    description,
    ...(place === 'path' ? { required: true } : {}),
    schema: isList ? { type: 'array', items: { type } } : one,
  };
}

function renderBody({ type, isPatch, isRequired }: NonNullable<Operation['body']>, ofPatches = patchTypes): Schema {
  const schema = { $ref: refPrefix.v3 + type };
  const types = isPatch ? ofPatches : ['*/*'];
  return {
    content: Object.fromEntries(types.map((media) => [media, { schema }])),
    ...(isRequired ? { required: true } : {}),
  };
}

/** What it does to which kind. */
export function identityOf({ action, kind }: Operation): Schema {
  return {
    ...(action === undefined ? {} : { 'x-kubernetes-action': action }),
    ...(kind === undefined
      ? {}
      : { 'x-kubernetes-group-version-kind': { group: kind.group, kind: kind.kind, version: kind.version } }),
  };
}

export function producesOf({ answer, isWatchable, produces }: Operation): readonly string[] {
  if (produces !== undefined) return produces;
  if (typeof answer !== 'string') return ['*/*'];
  return isWatchable ? [...mediaTypes, ...watchTypes] : mediaTypes;
}

function renderResponses(operation: Operation): Schema {
  const { answer, codes } = operation;
  const isText = typeof answer !== 'string';
  const schema = isText ? { type: 'string' } : { $ref: refPrefix.v3 + answer };
  const content = Object.fromEntries(producesOf(operation).map((media) => [media, { schema }]));
  return {
    ...Object.fromEntries(codes.map((code) => [String(code), { description: codeNames[code], content }])),
    '401': { description: 'Unauthorized' },
  };
}

export const codeNames = { 200: 'OK', 201: 'Created', 202: 'Accepted' } as const;
