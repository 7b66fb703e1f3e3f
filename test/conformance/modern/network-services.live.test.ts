// Services: their status, collections of them, and traffic to what EndpointSlices made by hand name.
import { endpointSlices, pods, services } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { eventually } from '../../live/cluster.ts';
import { isGone } from './support/api-operations.ts';
import { isReady, nodeScript, printed, readyPod, web } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';
import { seen } from './support/watch.ts';

spec('[sig-network] Services should complete a service status lifecycle [Conformance]', async (c) => {
  const { t, client, signal } = c;
  const at = c.at('told');
  const labelSelector = `modern=${c.id}`;
  const where = { labelSelector };
  const ports = [{ name: 'http', port: 80, targetPort: 80, protocol: 'TCP' as const }];
  const metadata = { name: 'told', labels: { modern: c.id } };
  await seen(
    c,
    services,
    where,
    ({ type }) => type === 'ADDED',
    () => c.create(services, { metadata, spec: { type: 'LoadBalancer', ports } }),
  );
  const options = { subresource: 'status' };
  t.is((await client.get(services, at, signal, options)).metadata.name, 'told');

  const ingress = [{ ip: '203.0.113.1', ipMode: 'VIP' }];
  const patch = { metadata: { annotations: { patchedstatus: 'true' } }, status: { loadBalancer: { ingress } } };
  const patched = await seen(
    c,
    services,
    where,
    ({ object }) => object.metadata.annotations?.['patchedstatus'] === 'true',
    () => client.patch(services, at, { type: 'merge', body: patch }, signal, options),
  );
  t.deepEqual(patched.object.status?.loadBalancer?.ingress as unknown, ingress);

  const condition = {
    type: 'StatusUpdate',
    status: 'True' as const,
    reason: 'E2E',
    message: 'Set from a test',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const updated = await seen(
    c,
    services,
    where,
    ({ object }) => object.status?.conditions?.some(({ type }) => type === 'StatusUpdate') === true,
    () =>
      eventually('an update of the status', async () => {
        const now = await client.get(services, at, signal);
        const status = { ...now.status, conditions: [...(now.status?.conditions ?? []), condition] };
        return client.update(services, { ...now, status }, signal, options);
      }),
  );
  t.deepEqual(updated.object.status?.conditions as unknown, [condition]);

  const labels = await client.patch(
    services,
    at,
    { type: 'strategic', body: { metadata: { labels: { 'test-service': 'patched' } } } },
    signal,
  );
  t.is(labels.metadata.labels?.['test-service'], 'patched');
  await seen(
    c,
    services,
    where,
    ({ type }) => type === 'DELETED',
    () => client.delete(services, at, signal),
  );
  t.true(await isGone(client.get(services, at, signal)));
});

spec('[sig-network] Services should delete a collection of services [Conformance]', async (c) => {
  const create = (name: string, label: string) => {
    const ports = [{ name: 'http', port: 80, targetPort: 80, protocol: 'TCP' as const }];
    return c.create(services, {
      metadata: { name, labels: { kind: label } },
      spec: { ports, selector: { none: c.id } },
    });
  };
  await Promise.all([create('one', 'goes'), create('two', 'goes'), create('three', 'stays')]);
  const list = async () => (await c.client.list(services, { namespace: c.namespace }, c.signal)).items;
  c.t.is((await list()).length, 3);
  await c.client.deleteCollection(services, { namespace: c.namespace, labelSelector: 'kind=goes' }, c.signal);
  await eventually('one service', async () => (await list()).length === 1);
  c.t.deepEqual(
    (await list()).map(({ metadata }) => metadata.name),
    ['three'],
  );
});

const addressOf = async (c: Case, name: string) => (await c.client.get(services, c.at(name), c.signal)).spec?.clusterIP;

/** Asks until each of `answers` was given. */
function untilAll(url: string, answers: readonly string[]): string {
  const script = answers
    .map((answer) => `until timeout 2 wget -q -O - ${url} | grep -qx ${answer}; do sleep 0.2; done; echo ${answer};`)
    .join(' ');
  return `timeout 60 sh -c '${script}'`;
}

function slice(name: string, service: string, addresses: readonly string[], ports: readonly [string, number][]) {
  return {
    metadata: {
      name,
      labels: { 'kubernetes.io/service-name': service, 'endpointslice.kubernetes.io/managed-by': 'modern-test' },
    },
    addressType: 'IPv4' as const,
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: ports.map(([port, number]) => ({ name: port, port: number, protocol: 'TCP' as const })),
  };
}

spec(
  '[sig-network] EndpointSlice should support a Service with multiple endpoint IPs specified in multiple EndpointSlices [Conformance]',
  async (c) => {
    const names = ['pod1', 'pod2', 'pod3'];
    const backends = await Promise.all(names.map((name) => readyPod(c, name, { containers: [web(3000, name)] })));
    const ports = [{ name: 'http', port: 80, targetPort: 3000, protocol: 'TCP' as const }];
    await c.create(services, { metadata: { name: 'manual' }, spec: { ports } });
    const [a, b, d] = backends.map(({ status }) => status.podIP!);
    await c.create(endpointSlices, slice('manual-1', 'manual', [a!], [['http', 3000]]));
    await c.create(endpointSlices, slice('manual-2', 'manual', [b!, d!], [['http', 3000]]));
    const url = `http://${await addressOf(c, 'manual')}`;
    c.t.deepEqual((await printed(c, 'asker', untilAll(url, names))).trim().split('\n'), names);
  },
);

spec(
  '[sig-network] EndpointSlice should support a Service with multiple ports specified in multiple EndpointSlices [Conformance]',
  async (c) => {
    const two = (pod: string) => [web(3000, `${pod}-3000`), { ...web(3001, `${pod}-3001`), name: 'other' }];
    const [a, b] = await Promise.all(['a', 'b'].map((name) => readyPod(c, name, { containers: two(name) })));
    const ports = [
      { name: 'first', port: 80, targetPort: 3000, protocol: 'TCP' as const },
      { name: 'second', port: 81, targetPort: 3001, protocol: 'TCP' as const },
    ];
    await c.create(services, { metadata: { name: 'manual' }, spec: { ports } });
    await c.create(endpointSlices, slice('manual-1', 'manual', [a!.status.podIP!], [['first', 3000]]));
    await c.create(endpointSlices, slice('manual-2', 'manual', [b!.status.podIP!], [['second', 3001]]));
    const ip = await addressOf(c, 'manual');
    const script = `${untilAll(`http://${ip}:80`, ['a-3000'])} && ${untilAll(`http://${ip}:81`, ['b-3001'])}`;
    c.t.is(await printed(c, 'asker', script), 'a-3000\nb-3001\n');
  },
);

/** Answers by UDP and by TCP on port 8000. */
const bothWays = nodeScript(`
  const udp = require('node:dgram').createSocket('udp4');
  udp.on('message', (_, from) => udp.send('by-udp', from.port, from.address)).bind(8000);
  require('node:http').createServer((_, answer) => answer.end('by-tcp')).listen(8000);
`);

/** Asks port 80 of `address` by UDP until it answers, or does not. */
const askByUdp = (address: string, expected: boolean) =>
  nodeScript(`
    setTimeout(() => process.exit(1), 60_000);
    setInterval(() => {
      const socket = require('node:dgram').createSocket('udp4');
      const end = (answered) => {
        socket.close();
        if (answered === ${expected}) console.log(answered) ?? process.exit(0);
      };
      const late = setTimeout(end, 800, false);
      socket.on('error', () => {});
      socket.on('message', () => clearTimeout(late) ?? end(true));
      socket.send('hi', 80, '${address}');
    }, 1000);
  `);

spec('[sig-network] Services should serve endpoints on same port and different protocols [Conformance]', async (c) => {
  const { t, client, signal } = c;
  const ports = (['TCP', 'UDP'] as const).map((protocol) => {
    return { name: protocol.toLowerCase(), port: 80, targetPort: 8000, protocol };
  });
  const labels = { both: c.id };
  await c.create(services, { metadata: { name: 'both' }, spec: { selector: labels, ports } });
  await readyPod(c, 'server', { labels, ...bothWays });
  const address = (await addressOf(c, 'both'))!;
  const [byTcp, byUdp] = await Promise.all([
    printed(c, 'tcp', untilAll(`http://${address}`, ['by-tcp'])),
    printed(c, 'udp', askByUdp(address, true)),
  ]);
  t.is(byTcp, 'by-tcp\n');
  t.is(byUdp, 'true\n');

  const onlyTcp = ports.filter(({ protocol }) => protocol === 'TCP');
  await eventually('an update', async () => {
    const now = await client.get(services, c.at('both'), signal);
    return client.update(services, { ...now, spec: { ...now.spec!, ports: onlyTcp } }, signal);
  });
  t.is(await printed(c, 'no-udp', askByUdp(address, false)), 'false\n');
  t.is(await printed(c, 'still-tcp', untilAll(`http://${address}`, ['by-tcp'])), 'by-tcp\n');
  t.is((await client.get(services, c.at('both'), signal)).spec?.ports?.length, 1);
});

/** Answers any method with the method's name, as a header and as the body. */
const anyMethod = nodeScript(`
  require('node:http').createServer(({ method, url }, answer) => {
    answer.setHeader('x-method', method);
    answer.end('method=' + method + ' path=' + url);
  }).listen(80);
`);

async function proxied(c: Case): Promise<Pod> {
  const labels = { proxied: c.id };
  await readyPod(c, 'agent', { labels, ...anyMethod });
  const ports = [{ name: 'portal', port: 80, targetPort: 80, protocol: 'TCP' as const }];
  await c.create(services, { metadata: { name: 'e2e-proxy' }, spec: { selector: labels, ports } });
  return await c.when(pods, 'agent', 'ready', isReady);
}

const methods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

async function answers(c: Case, below: (method: string) => string): Promise<void> {
  const base = `/api/v1/namespaces/${c.namespace}`;
  for (const target of [`${base}/pods/agent/proxy`, `${base}/services/e2e-proxy/proxy`]) {
    for (const method of methods) {
      const path = target + below(method);
      const { status, headers, text } = await eventually(`${method} ${path}`, async () => {
        const response = await c.connection.transport.request({ method, path, headers: {} }, c.signal);
        const chunks = await Array.fromAsync(response.body);
        const text = Buffer.concat(chunks).toString();
        return response.status < 500 && { ...response, text };
      });
      c.t.is(status, 200, `${method} ${path}`);
      c.t.is(headers['x-method'], method);
      if (method !== 'HEAD') c.t.is(text, `method=${method} path=${below(method)}`);
    }
  }
}

spec(
  '[sig-network] Proxy version v1 A set of valid responses are returned for both pod and service Proxy [Conformance]',
  async (c) => {
    await proxied(c);
    await answers(c, (method) => `/?method=${method}`);
    const request = {
      method: 'GET',
      path: `/api/v1/namespaces/${c.namespace}/pods/agent/proxy?method=GET`,
      headers: {},
    };
    const { status, headers, body } = await c.connection.transport.request(request, c.signal);
    await Array.fromAsync(body);
    c.t.is(status, 301, 'without a slash at its end, the path leads to the one with it');
    c.t.is(headers['location'], `/api/v1/namespaces/${c.namespace}/pods/agent/proxy/?method=GET`);
  },
);

spec(
  '[sig-network] Proxy version v1 A set of valid responses are returned for both pod and service ProxyWithPath [Conformance]',
  async (c) => {
    await proxied(c);
    await answers(c, (method) => `/some/path/with/${method}`);
  },
);
