import type { ServedResource } from '#lib/api/discovery/served.ts';
import { definitionOf, refPrefix, type Schema } from './definition.ts';
import { mediaTypes, patchTypes, watchTypes } from './media-types.ts';
import type { Operation, PathOperations } from './operation.ts';
import { operationsOf } from './operations.ts';
import type { Parameter } from './parameters.ts';
import { codeNames, typesOf } from './v3.ts';

/** `/openapi/v2`: one document of everything that is built in. */
export function openApiV2(resources: readonly ServedResource[], version: string): Schema {
  const paths = resources.flatMap(operationsOf);
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version },
    paths: Object.fromEntries(paths.map((path) => [path.path, renderPath(path)])),
    definitions: Object.fromEntries([...typesOf(paths)].map(([name, type]) => [name, definitionOf(type, 'v2')])),
    securityDefinitions: {
      BearerToken: { description: 'Bearer token', type: 'apiKey', name: 'authorization', in: 'header' },
    },
    security: [{ BearerToken: [] }],
  };
}

export function renderPath({ parameters, operations }: PathOperations): Schema {
  return {
    ...Object.fromEntries(operations.map((operation) => [operation.method, renderOperation(operation)])),
    parameters: parameters.map(renderParameter),
  };
}

function renderOperation(operation: Operation): Schema {
  const { kind, body, answer, codes } = operation;
  const parameters = [...(body === undefined ? [] : [renderBody(body)]), ...operation.parameters.map(renderParameter)];
  const isText = typeof answer !== 'string';
  const schema = isText ? { type: 'string' } : { $ref: refPrefix.v2 + answer };
  return {
    description: operation.description,
    consumes: body?.isPatch ? (operation.patchTypes ?? patchTypes) : ['*/*'],
    produces: isText ? ['*/*'] : operation.isWatchable ? [...mediaTypes, ...watchTypes] : mediaTypes,
    schemes: ['https'],
    tags: [operation.tag],
    operationId: operation.operationId,
    ...(parameters.length === 0 ? {} : { parameters }),
    responses: {
      ...Object.fromEntries(codes.map((code) => [String(code), { description: codeNames[code], schema }])),
      '401': { description: 'Unauthorized' },
    },
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': { group: kind.group, kind: kind.kind, version: kind.version },
  };
}

function renderBody({ type, isRequired }: NonNullable<Operation['body']>): Schema {
  return {
    name: 'body',
    in: 'body',
    ...(isRequired ? { required: true } : {}),
    schema: { $ref: refPrefix.v2 + type },
  };
}

function renderParameter({ name, in: place, type, isList, description }: Parameter): Schema {
  return {
    ...(isList ? { type: 'array', items: { type } } : { type, uniqueItems: true }),
    description,
    name,
    in: place,
    ...(place === 'path' ? { required: true } : {}),
  };
}
