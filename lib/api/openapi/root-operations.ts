// What is no resource: discovery, the version, and who signs tokens. Each has a document of its own in version 3.
import type { ServedGroup } from '#lib/api/discovery/served.ts';
import { mediaTypes } from './media-types.ts';
import type { Operation, PathOperations } from './operation.ts';
import { capital, namesOfGroup, rootOf } from './operations.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** `/api/`, `/apis/`, the groups, `/version/` and the issuer's, by the name of their document of OpenAPI v3. */
export function rootOperations(groups: readonly ServedGroup[]): ReadonlyMap<string, PathOperations> {
  return new Map([
    ['.well-known/openid-configuration', { path: '/.well-known/openid-configuration', ...textual(configuration) }],
    ['api', read('/api/', 'getCoreAPIVersions', 'core', 'get available API versions', `${meta}.APIVersions`)],
    ['apis', read('/apis/', 'getAPIVersions', 'apis', 'get available API versions', `${meta}.APIGroupList`)],
    ...groups.flatMap(({ group }) => (group === '' ? [] : [[`apis/${group}`, ofGroup(group)] as const])),
    ['openid/v1/jwks', { path: '/openid/v1/jwks', ...textual(keySet) }],
    ['version', ofVersion],
  ]);
}

/** The list of resources of one group and version. */
export function resourcesOperation(group: string, version: string): PathOperations {
  const { api, tag } = namesOfGroup(group);
  const id = `get${api}${capital(version)}APIResources`;
  const path = `${rootOf({ group, version })}/`;
  return read(path, id, `${tag}_${version}`, 'get available resources', `${meta}.APIResourceList`);
}

function ofGroup(group: string): PathOperations {
  const { api, tag } = namesOfGroup(group);
  return read(`/apis/${group}/`, `get${api}APIGroup`, tag, 'get information of a group', `${meta}.APIGroup`);
}

function read(path: string, operationId: string, tag: string, description: string, answer: string): PathOperations {
  const operation: Operation = { ...common, operationId, tag, description, answer, consumes: mediaTypes };
  return { path, parameters: [], operations: [operation] };
}

const common = { method: 'get', parameters: [], codes: [200] } as const;

const ofVersion: PathOperations = {
  path: '/version/',
  parameters: [],
  operations: [
    {
      ...common,
      operationId: 'getCodeVersion',
      tag: 'version',
      description: 'get the version information for this server',
      answer: 'io.k8s.apimachinery.pkg.version.Info',
      consumes: ['application/json'],
      produces: ['application/json'],
    },
  ],
};

function textual(said: Pick<Operation, 'operationId' | 'tag' | 'description' | 'produces'>) {
  const operation: Operation = { ...common, ...said, answer: { text: true } };
  return { parameters: [], operations: [operation] };
}
const configuration = {
  operationId: 'getServiceAccountIssuerOpenIDConfiguration',
  tag: 'WellKnown',
  description: 'get service account issuer OpenID configuration, also known as the "OIDC discovery doc"',
  produces: ['application/json'],
};
const keySet = {
  operationId: 'getServiceAccountIssuerOpenIDKeyset',
  tag: 'openid',
  description: 'get service account issuer OpenID JSON Web Key Set (contains public token verification keys)',
  produces: ['application/jwk-set+json'],
};
