import type { ServedGroup, ServedResource } from '#lib/api/discovery/served.ts';
import { definitionOf, refPrefix, type Schema } from './definition.ts';
import { patchTypes } from './media-types.ts';
import type { Operation, PathOperations } from './operation.ts';
import { operationsOf } from './operations.ts';
import type { Parameter } from './parameters.ts';
import { resourcesOperation, rootOperations } from './root-operations.ts';
import { codeNames, identityOf, producesOf, typesOf } from './v3.ts';
import { watchOperationsOf } from './watch-operations.ts';

/** `/openapi/v2`: one document of everything that is built in. */
export function openApiV2(resources: readonly ServedResource[], version: string): Schema {
  const paths = pathsOf(resources);
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

function pathsOf(resources: readonly ServedResource[]): readonly PathOperations[] {
  const groups = groupsIn(resources);
  const versions = groups.flatMap(({ group, versions }) => versions.map((version) => ({ group, version })));
  return [
    ...rootOperations(groups).values(),
    ...versions.map(({ group, version }) => resourcesOperation(group, version)),
    ...resources.flatMap((resource) => [...operationsOf(resource), ...watchOperationsOf(resource)]),
  ];
}

function groupsIn(resources: readonly ServedResource[]): readonly ServedGroup[] {
  const groups = new Map<string, Set<string>>();
  for (const { group, version } of resources) groups.set(group, (groups.get(group) ?? new Set()).add(version));
  return [...groups].map(([group, versions]) => ({ group, versions: [...versions] }));
}

export function renderPath({ parameters, operations }: PathOperations): Schema {
  return {
    ...Object.fromEntries(operations.map((operation) => [operation.method, renderOperation(operation)])),
    parameters: parameters.map(renderParameter),
  };
}

function renderOperation(operation: Operation): Schema {
  const { body, answer, codes, consumes = ['*/*'] } = operation;
  const parameters = [...(body === undefined ? [] : [renderBody(body)]), ...operation.parameters.map(renderParameter)];
  const isText = typeof answer !== 'string';
  const schema = isText ? { type: 'string' } : { $ref: refPrefix.v2 + answer };
  return {
    description: operation.description,
    consumes: body?.isPatch ? (operation.patchTypes ?? patchTypes) : consumes,
    produces: producesOf(operation),
    schemes: ['https'],
    tags: [operation.tag],
    operationId: operation.operationId,
    ...(parameters.length === 0 ? {} : { parameters }),
    responses: {
      ...Object.fromEntries(codes.map((code) => [String(code), { description: codeNames[code], schema }])),
      '401': { description: 'Unauthorized' },
    },
    ...identityOf(operation),
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
