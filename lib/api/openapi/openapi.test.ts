import { readFileSync } from 'node:fs';
import test from 'ava';
import { builtInGroups, builtInResources } from '#lib/api/discovery/served.ts';
import { typeNamed, typeNames } from '#lib/api/schema.ts';
import { openApiV2 } from './v2.ts';
import { encodeOpenApiV2 } from './v2-protobuf.ts';
import { openApiV3 } from './v3.ts';
import { openApiV3Index } from './v3-index.ts';

interface Document {
  readonly paths: Record<string, Record<string, Operation> & { parameters: readonly { name: string; in: string }[] }>;
  readonly definitions?: Record<string, Definition>;
  readonly components?: { readonly schemas: Record<string, Definition> };
}
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { name: string; in: string }[];
  readonly consumes?: readonly string[];
  readonly requestBody?: { readonly content: Record<string, unknown> };
  readonly [extension: `x-${string}`]: unknown;
}
interface Definition {
  readonly properties?: Record<string, Record<string, unknown>>;
  readonly [key: string]: unknown;
}

const core = openApiV3(
  builtInResources.filter(({ group }) => group === ''),
  'v1.37.0',
) as unknown as Document;
const v2 = openApiV2(builtInResources, 'v1.37.0') as unknown as Document;
const schemas = core.components!.schemas;

function property(schema: string, field: string): Record<string, unknown> {
  const { description: _, ...rest } = schemas[`io.k8s.${schema}`]!.properties![field]!;
  return rest;
}

test('openApiV3() publishes a list with its merge keys', (t) => {
  t.deepEqual(property('api.core.v1.PodSpec', 'containers'), {
    type: 'array',
    items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
    'x-kubernetes-list-map-keys': ['name'],
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-patch-merge-key': 'name',
    'x-kubernetes-patch-strategy': 'merge',
  });
});

test('openApiV3() publishes defaults, enums and references', (t) => {
  t.deepEqual(property('api.core.v1.Pod', 'spec'), {
    allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.PodSpec' }],
    default: {},
  });
  t.deepEqual(property('api.core.v1.Container', 'name'), { type: 'string', default: '' });
  t.deepEqual(property('api.core.v1.ContainerPort', 'protocol'), {
    type: 'string',
    enum: ['SCTP', 'TCP', 'UDP'],
    default: 'TCP',
  });
  t.deepEqual(property('api.core.v1.PodSpec', 'nodeSelector'), {
    type: 'object',
    additionalProperties: { type: 'string' },
    'x-kubernetes-map-type': 'atomic',
  });
  t.deepEqual(schemas['io.k8s.apimachinery.pkg.api.resource.Quantity']?.['oneOf'], [
    { type: 'string' },
    { type: 'number' },
  ]);
});

test('openApiV3() tells kubectl that a Pod may be patched with fieldValidation and by strategic merge', (t) => {
  const { patch } = core.paths['/api/v1/namespaces/{namespace}/pods/{name}']!;
  t.deepEqual(patch!['x-kubernetes-group-version-kind'], { group: '', version: 'v1', kind: 'Pod' });
  t.true(patch!.parameters!.some(({ name }) => name === 'fieldValidation'));
  t.true('application/strategic-merge-patch+json' in patch!.requestBody!.content);
});

test('Operation ids are upstream’s', (t) => {
  const ids = new Set(
    Object.values(v2.paths).flatMap((path) =>
      Object.values(path).flatMap((operation) => ('operationId' in operation ? operation.operationId : [])),
    ),
  );
  for (const id of [
    'listCoreV1PodForAllNamespaces',
    'listCoreV1NamespacedPod',
    'deleteCoreV1CollectionNamespacedPod',
    'readCoreV1NamespacedPodLog',
    'connectCoreV1PostNamespacedPodExec',
    'connectCoreV1GetNodeProxyWithPath',
    'createCoreV1NamespacedPodBinding',
    'createCoreV1NamespacedPodEviction',
    'createCoreV1NamespacedServiceAccountToken',
    'replaceCoreV1NamespaceFinalize',
    'patchAppsV1NamespacedDeploymentScale',
    'replaceRbacAuthorizationV1ClusterRole',
    'createAuthenticationV1TokenReview',
    'readFlowcontrolApiserverV1FlowSchemaStatus',
  ]) {
    t.true(ids.has(id), id);
  }
});

for (const [name, document] of [
  ['openApiV2()', v2],
  ['openApiV3()', core],
] as const) {
  test(`${name} defines all that it refers to, and names each operation once`, (t) => {
    const known = Object.keys(document.definitions ?? document.components!.schemas);
    for (const [, ref] of JSON.stringify(document).matchAll(/"\$ref":"[^"]*\/([^"/]+)"/g)) {
      t.true(known.includes(ref!), ref);
    }
    const ids = [...JSON.stringify(document.paths).matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
    t.is(new Set(ids).size, ids.length);
    for (const [path, { parameters }] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter).sort();
      t.deepEqual(parameters.flatMap((p) => (p.in === 'path' ? [p.name] : [])).sort(), inPath, path);
    }
  });
}

test('openApiV2() has no defaults, and lets references carry extensions', (t) => {
  t.false('default' in v2.definitions!['io.k8s.api.core.v1.ContainerPort']!.properties!['protocol']!);
  const strategy = v2.definitions!['io.k8s.api.apps.v1.DeploymentSpec']!.properties!['strategy']!;
  t.is(strategy['$ref'], '#/definitions/io.k8s.api.apps.v1.DeploymentStrategy');
  t.is(strategy['x-kubernetes-patch-strategy'], 'retainKeys');
});

test('openApiV3Index() names every group and version, under a hash that changes with the server', (t) => {
  const { paths } = openApiV3Index(builtInGroups, builtInResources, 'a');
  t.regex(paths['api/v1']!.serverRelativeURL, /^\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{32}$/);
  const roots = ['.well-known/openid-configuration', 'api', 'apis', 'openid/v1/jwks', 'version'];
  for (const root of [...roots, 'apis/apps']) t.truthy(paths[root], root);
  const versions = builtInGroups.flatMap((one) => one.versions);
  t.is(Object.keys(paths).length, roots.length + builtInGroups.length - 1 + versions.length);
  const other = openApiV3Index(builtInGroups, builtInResources, 'b').paths;
  t.not(other['apis/apps/v1']!.serverRelativeURL, paths['apis/apps/v1']!.serverRelativeURL);
});

test('encodeOpenApiV2() writes the field numbers of gnostic’s Document', (t) => {
  const document = {
    swagger: '2.0',
    info: { title: 'K', version: 'v' },
    paths: { '/a': { get: { operationId: 'g', 'x-k': 1 }, parameters: [{ in: 'path', name: 'n' }] } },
    definitions: { D: { type: 'object', properties: { p: { $ref: 'r' } } } },
  };
  const fields = [
    '0a03 322e30', // 1 swagger
    '1206 0a014b 120176', // 2 info: 1 title, 2 version
    '422a 1228 0a022f61 1222', // 8 paths: 2 path: 1 name, 2 value
    '120f 2a0167 6a0a 0a03782d6b 1203 120131', // 2 get: 5 operationId, 13 extension: 1 name, 2 value: 2 yaml
    '4a0f 0a0d 120b 2209 120470617468 22016e', // 9 parameters: 1 parameter: 2 not of the body: 4 of the path
    '4a1f 0a1d 0a0144 1218', // 9 definitions: 1 one: 1 name, 2 value
    'b20108 0a066f626a656374', // 22 type: 1 value
    'ca010a 0a08 0a0170 1203 0a0172', // 25 properties: 1 one: 1 name, 2 value: 1 $ref
  ];
  t.is(Buffer.from(encodeOpenApiV2(document)).toString('hex'), fields.join('').replaceAll(' ', ''));
});

test('Every description is of a type and a field that exist', (t) => {
  const file = new URL('descriptions.json', import.meta.url);
  const descriptions: Record<string, Record<string, string>> = JSON.parse(readFileSync(file, 'utf8'));
  for (const [name, fields] of Object.entries(descriptions)) {
    const type = [...typeNames()].find(
      (full) => full.replace(/^io\.k8s\.(?:api\.|apimachinery\.pkg\.(?:apis\.)?)?/, '') === name,
    );
    t.truthy(type, name);
    for (const field of Object.keys(fields))
      t.true(field === '' || typeNamed(type!).byJson.has(field), `${name} ${field}`);
  }
});
