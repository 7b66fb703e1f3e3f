// What custom resources add to the documents. Pure.
import type { ServedResource } from '#lib/api/discovery/served.ts';
import { publishedSchema } from '#lib/api/structural/publish.ts';
import type { Structural } from '#lib/api/structural/structural.ts';
import { type Dialect, definitionOf, refPrefix, type Schema } from './definition.ts';
import type { PathOperations } from './operation.ts';
import { operationsOf } from './operations.ts';
import { reachable } from './reach.ts';
import { renderPath as renderPathV2 } from './v2.ts';
import { namesIn, renderPath as renderPathV3 } from './v3.ts';

/** A custom resource in one version, with its schema. */
export interface CustomResource {
  readonly resource: ServedResource;
  readonly schema: Structural | undefined;
}

/** The paths and definitions that join those of `openApiV2`. */
export function customV2(custom: readonly CustomResource[]): { readonly paths: Schema; readonly definitions: Schema } {
  const paths = custom.flatMap(({ resource }) => operationsFor(resource));
  return {
    paths: Object.fromEntries(paths.map((path) => [path.path, renderPathV2(path)])),
    definitions: definitionsOf(custom, 'v2'),
  };
}

/** The document of one group and version that definitions made. `version`: the server's. */
export function customV3(custom: readonly CustomResource[], version: string): Schema {
  const paths = custom.flatMap(({ resource }) => operationsFor(resource));
  const own = definitionsOf(custom, 'v3');
  const others = reachable(
    [...namesIn(paths), `${meta}.ObjectMeta`, `${meta}.ListMeta`].filter((name) => !(name in own)),
  );
  const known = [...others].map(([name, type]) => [name, definitionOf(type, 'v3')] as const);
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes CRD Swagger', version },
    paths: Object.fromEntries(paths.map((path) => [path.path, renderPathV3(path)])),
    components: { schemas: { ...own, ...Object.fromEntries(known) } },
  };
}
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Nothing is known of how to merge them by type. */
const patchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'];

function operationsFor(resource: ServedResource): readonly PathOperations[] {
  return operationsOf(resource).map((path) => ({
    ...path,
    operations: path.operations.map((operation) => ({ ...operation, patchTypes })),
  }));
}

function definitionsOf(custom: readonly CustomResource[], dialect: Dialect): Schema {
  return Object.fromEntries(
    custom.flatMap(({ resource, schema }) => {
      const name = customName(resource);
      const { kind } = resource;
      const object = { ...objectOf(schema, dialect), ...identity(resource, kind) };
      return [
        [name, object] as const,
        [`${name}List`, { ...listOf(resource, name, dialect), ...identity(resource, `${kind}List`) }] as const,
      ];
    }),
  );
}

export function customName({ group, version, kind }: Pick<ServedResource, 'group' | 'version' | 'kind'>): string {
  return [...group.split('.').reverse(), version, kind].join('.');
}

function identity({ group, version }: ServedResource, kind: string): Schema {
  return { 'x-kubernetes-group-version-kind': [{ group, kind, version }] };
}

function objectOf(schema: Structural | undefined, dialect: Dialect): Schema {
  if (schema === undefined || (dialect === 'v2' && schema['x-kubernetes-preserve-unknown-fields'] === true)) {
    return { type: 'object' };
  }
  const { properties, ...rest } = publishedSchema(schema, dialect) as Schema & { readonly properties?: Schema };
  const metadata = described(
    `${meta}.ObjectMeta`,
    "Standard object's metadata: name, labels and what else all have.",
    dialect,
  );
  return { ...rest, properties: { ...typeProperties, ...properties, metadata } };
}

function listOf({ kind }: ServedResource, name: string, dialect: Dialect): Schema {
  const items = { $ref: refPrefix[dialect] + name };
  return {
    description: `${kind}List is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      ...typeProperties,
      items: { description: `The objects of kind ${kind}.`, type: 'array', items },
      metadata: described(`${meta}.ListMeta`, 'Version and page of the list.', dialect),
    },
  };
}

function described(type: string, description: string, dialect: Dialect): Schema {
  const reference = { $ref: refPrefix[dialect] + type };
  return dialect === 'v2' ? { description, ...reference } : { description, allOf: [reference] };
}

const typeProperties = {
  apiVersion: {
    description: 'APIVersion defines the group and version of the API that the object is written in.',
    type: 'string',
  },
  kind: { description: 'Kind names what sort of object it is, in CamelCase. It cannot change.', type: 'string' },
};
