// Aggregated discovery: one document for /api and one for /apis.
import type { APIGroupDiscoveryList } from '#lib/api/types/apidiscovery.v2.ts';
import { type Case, spec } from './support/spec.ts';

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

async function ask(c: Case, path: string, accept: string) {
  const { status, headers, body } = await c.connection.transport.request(
    { method: 'GET', path, headers: { accept } },
    c.signal,
  );
  const text = Buffer.concat(await Array.fromAsync(body)).toString();
  return { status, type: headers['content-type'] ?? '', document: JSON.parse(text) as APIGroupDiscoveryList };
}

spec(
  '[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery endpoint Accept headers [Conformance]',
  async (c) => {
    for (const path of ['/api', '/apis']) {
      const { status, type, document } = await ask(c, path, aggregated);
      c.t.is(status, 200);
      c.t.is(type, aggregated);
      c.t.is(document.kind, 'APIGroupDiscoveryList');
      c.t.true(document.items.length > 0);
      const fallback = await ask(c, path, `${aggregated},application/json`);
      c.t.is(fallback.type, aggregated, 'the first that the server knows');
      const plain = await ask(c, path, 'application/json');
      c.t.is(plain.type, 'application/json');
      c.t.is(plain.document.kind as string, path === '/api' ? 'APIVersions' : 'APIGroupList');
    }
  },
);

spec(
  '[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface [Conformance]',
  async (c) => {
    const wanted = {
      '': ['v1', 'pods'],
      apps: ['v1', 'deployments'],
      batch: ['v1', 'jobs'],
      'discovery.k8s.io': ['v1', 'endpointslices'],
      'networking.k8s.io': ['v1', 'ingresses'],
      'rbac.authorization.k8s.io': ['v1', 'roles'],
      'apiextensions.k8s.io': ['v1', 'customresourcedefinitions'],
      'apiregistration.k8s.io': ['v1', 'apiservices'],
    } as const;
    const core = await ask(c, '/api', aggregated);
    const named = await ask(c, '/apis', aggregated);
    const groups = [...core.document.items, ...named.document.items];
    for (const [name, [version, resource]] of Object.entries(wanted)) {
      const group = groups.find(({ metadata }) => (metadata?.name ?? '') === name);
      const found = group?.versions?.find((one) => one.version === version);
      c.t.truthy(
        found?.resources?.find((one) => one.resource === resource),
        `${name}/${version} ${resource}`,
      );
      c.t.is(found?.freshness, 'Current');
    }
  },
);
