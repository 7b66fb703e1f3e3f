// Custom resources: strict fields, aggregated discovery, field selectors.
import type { Resource } from '#lib/api/resource.ts';
import { customResourceDefinitions } from '#lib/api/resources.ts';
import type { APIGroupDiscoveryList } from '#lib/api/types/apidiscovery.v2.ts';
import type { CustomResourceDefinition } from '#lib/api/types/apiextensions.v1.ts';
import type { ObjectMeta } from '#lib/api/types/meta.v1.ts';
import { eventually } from '../../live/cluster.ts';
import { type Case, spec } from './support/spec.ts';
import { seen } from './support/watch.ts';

interface Noxu {
  readonly metadata: ObjectMeta;
  readonly host?: string;
  readonly port?: number;
}

const group = (c: Case) => `modern-${c.id}.example.com`;

interface Wish {
  readonly properties?: object;
  readonly preserves?: boolean;
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

/** A definition that is served, until the spec ends; its resource. */
async function define(
  c: Case,
  { properties = {}, preserves = false, selectableFields }: Wish,
): Promise<Resource<Noxu>> {
  const name = `noxus.${group(c)}`;
  const openAPIV3Schema = {
    type: 'object',
    properties,
    ...(preserves ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
  };
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } };
  const names = { plural: 'noxus', singular: 'noxu', kind: 'Noxu', listKind: 'NoxuList' };
  const versions = [selectableFields === undefined ? version : { ...version, selectableFields }];
  const wish = { metadata: { name }, spec: { group: group(c), scope: 'Namespaced', names, versions } };
  await c.client.create(customResourceDefinitions, wish as never, c.signal);
  c.defer(() => c.client.delete(customResourceDefinitions, { name }, AbortSignal.timeout(10_000)));
  await c.when(customResourceDefinitions, name, 'established', ({ status }: CustomResourceDefinition) => {
    return status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') === true;
  });
  return { group: group(c), version: 'v1', kind: 'Noxu', plural: 'noxus', isNamespaced: true };
}

const properties = {
  spec: {
    type: 'object',
    properties: {
      foo: { type: 'string' },
      cronSpec: { type: 'string', pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$' },
      ports: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
        items: {
          type: 'object',
          required: ['containerPort', 'protocol'],
          properties: {
            containerPort: { type: 'integer', format: 'int32' },
            hostPort: { type: 'integer', format: 'int32' },
            protocol: { type: 'string' },
          },
        },
      },
    },
  },
};

/** What is said against an object, created and applied with strict validation; nothing if it was taken. */
async function strictly(
  c: Case,
  fields: string,
  yaml?: string,
): Promise<{ readonly created: string; readonly applied: string }> {
  const base = `/apis/${group(c)}/v1/namespaces/${c.namespace}/noxus`;
  const text = (name: string) => `{"apiVersion":"${group(c)}/v1","kind":"Noxu","metadata":{"name":"${name}"${fields}}`;
  const send = async (method: string, path: string, type: string, body: string) => {
    const headers = { 'content-type': type, accept: 'application/json' };
    const answer = await c.connection.transport.request({ method, path, headers, body }, c.signal);
    const said = Buffer.concat(await Array.fromAsync(answer.body)).toString();
    return answer.status < 300 ? '' : (JSON.parse(said) as { readonly message: string }).message;
  };
  const created = await send('POST', `${base}?fieldValidation=Strict`, 'application/json', text('created'));
  const query = 'fieldManager=modern&fieldValidation=Strict';
  const applied = await send(
    'PATCH',
    `${base}/applied?${query}`,
    'application/apply-patch+yaml',
    yaml ?? text('applied'),
  );
  return { created, applied };
}

const example =
  ',"spec":{"foo":"foo1","cronSpec":"* * * * */5","ports":[{"name":"x","containerPort":80,"protocol":"TCP"}]}';
const good = example.replace('"name":"x",', '');

spec(
  '[sig-api-machinery] FieldValidation should create/apply a CR with unknown fields for CRD with no validation schema [Conformance]',
  async (c) => {
    await define(c, { preserves: true });
    c.t.deepEqual(await strictly(c, `}${example},"unknown":"yes"`), { created: '', applied: '' });
  },
);

spec(
  '[sig-api-machinery] FieldValidation should create/apply a valid CR for CRD with validation schema [Conformance]',
  async (c) => {
    await define(c, { properties });
    c.t.deepEqual(await strictly(c, `}${good}`), { created: '', applied: '' });
  },
);

spec(
  '[sig-api-machinery] FieldValidation should create/apply an invalid CR with extra properties for CRD with validation schema [Conformance]',
  async (c) => {
    await define(c, { properties });
    const { created, applied } = await strictly(
      c,
      `}${good.replace('"foo"', '"extraProperty":"arbitrary-value","foo"')}`,
    );
    c.t.regex(created, /unknown field "spec\.extraProperty"/);
    c.t.regex(applied, /\.spec\.extraProperty: field not declared in schema/);
  },
);

spec(
  '[sig-api-machinery] FieldValidation should detect duplicates in a CR when preserving unknown fields [Conformance]',
  async (c) => {
    await define(c, { properties, preserves: true });
    const twice = `}${good.replace('"foo":"foo1"', '"foo":"foo1","foo":"foo2"')}`;
    const { created, applied } = await strictly(
      c,
      `${twice},"unknown":"uk1","unknown":"uk2"`,
      `apiVersion: ${group(c)}/v1\nkind: Noxu\nmetadata: {name: applied}\nspec:\n  unknown: uk1\n  foo: foo1\n  foo: foo2\n`,
    );
    c.t.regex(created, /duplicate field "spec\.foo"/);
    c.t.regex(created, /duplicate field "unknown"/);
    c.t.regex(applied, /line 7: key "foo" already set in map/);
  },
);

spec(
  '[sig-api-machinery] FieldValidation should detect unknown metadata fields in both the root and embedded object of a CR [Conformance]',
  async (c) => {
    const embedded = {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    };
    await define(c, { properties: { ...properties, spec: { type: 'object', properties: { template: embedded } } } });
    const template = '{"apiVersion":"v1","kind":"Sub","metadata":{"name":"sub","unknownSubMeta":"unknown"}}';
    const { created, applied } = await strictly(c, `,"unknownMeta":"unknown"},"spec":{"template":${template}}`);
    c.t.regex(created, /unknown field "metadata\.unknownMeta"/);
    c.t.regex(applied, /\.metadata\.unknownMeta: field not declared in schema/);
    const inner = await strictly(c, `},"spec":{"template":${template}}`);
    c.t.regex(inner.created, /unknown field "spec\.template\.metadata\.unknownSubMeta"/);
    c.t.regex(inner.applied, /\.spec\.template\.metadata\.unknownSubMeta: field not declared in schema/);
  },
);

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

async function discovered(c: Case) {
  const request = { method: 'GET', path: '/apis', headers: { accept: aggregated } };
  const { body } = await c.connection.transport.request(request, c.signal);
  const { items } = JSON.parse(Buffer.concat(await Array.fromAsync(body)).toString()) as APIGroupDiscoveryList;
  return items.find(({ metadata }) => metadata?.name === group(c));
}

async function isDiscovered(c: Case): Promise<void> {
  await define(c, { properties });
  const found = await eventually('the group in discovery', () => discovered(c));
  const version = found.versions?.find((one) => one.version === 'v1');
  c.t.like(version?.resources?.[0], { resource: 'noxus', scope: 'Namespaced', singularResource: 'noxu' });
  c.t.is(version?.resources?.[0]?.responseKind?.kind, 'Noxu');
  await c.client.delete(customResourceDefinitions, { name: `noxus.${group(c)}` }, c.signal);
  await eventually('the group to leave discovery', async () => (await discovered(c)) === undefined);
}

spec(
  '[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface for CRDs [Conformance]',
  isDiscovered,
);
spec(
  '[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery request for CRDs [Conformance]',
  isDiscovered,
);

spec(
  '[sig-api-machinery] CustomResourceFieldSelectors [Privileged:ClusterAdmin] CustomResourceFieldSelectors MUST list and watch custom resources matching the field selector [Conformance]',
  async (c) => {
    const { t, client } = c;
    const noxus = await define(c, {
      properties: { host: { type: 'string' }, port: { type: 'integer' } },
      selectableFields: [{ jsonPath: '.host' }, { jsonPath: '.port' }],
    });
    const create = (name: string, host: string, port: number) => c.create(noxus, { metadata: { name }, host, port });
    const watched = await seen(
      c,
      noxus,
      { fieldSelector: 'host=host2' },
      ({ type }) => type === 'ADDED',
      async () => {
        await create('one', 'host1', 80);
        await create('two', 'host1', 8080);
        await create('three', 'host2', 80);
      },
    );
    t.is(watched.object.metadata.name, 'three');
    const named = async (fieldSelector: string) => {
      const { items } = await client.list(noxus, { namespace: c.namespace, fieldSelector }, c.signal);
      return items.map(({ metadata }) => metadata.name).sort();
    };
    t.deepEqual(await named('host=host1'), ['one', 'two']);
    t.deepEqual(await named('host=host1,port=80'), ['one']);
    t.deepEqual(await named('port!=80'), ['two']);
    const body = { host: 'host2' };
    await seen(
      c,
      noxus,
      { fieldSelector: 'host=host2' },
      ({ type, object }) => type === 'ADDED' && object.metadata.name === 'one',
      () => client.patch(noxus, c.at('one'), { type: 'merge', body }, c.signal),
    );
    await client.deleteCollection(noxus, { namespace: c.namespace, fieldSelector: 'host=host2' }, c.signal);
    t.deepEqual(await named('host!=none'), ['two']);
  },
);
