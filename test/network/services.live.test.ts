// What Services do beyond what conformance asks. The list: features of kube-proxy that no conformance spec covers.
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import {
  endpointSlices,
  nodes as nodeResource,
  pods as podResource,
  serviceCIDRs,
  services,
} from '#lib/api/resources.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { eventually, onNode } from '../live/cluster.ts';
import {
  addressOf,
  askFromNode,
  askFromOutside,
  askFromPod,
  clusterIpOf,
  image,
  nodeIp,
  openWeb,
  serve,
  urlOf,
  type Web,
} from './web.ts';

let web: Web;
test.before(async () => {
  web = await openWeb('services');
});
test.after.always(() => web?.close());

const signal = () => AbortSignal.timeout(60_000);
const all = [0, 1, 2] as const;

/** Who answers, asked so often. */
async function answers(count: number, ask: () => Promise<{ server: string } | undefined>): Promise<readonly string[]> {
  const names = new Set<string>();
  for (let i = 0; i < count; i++) names.add((await ask())?.server ?? 'nobody');
  return [...names].sort();
}

/** The same from a pod, in one command: one each may take longer than what is asked about. */
async function answersOf(count: number, from: string, url: string): Promise<readonly string[]> {
  const ask = `timeout 3 wget -qO- '${url}' || echo nobody`;
  const said = await web.shell(from, `i=0; while [ $((i+=1)) -le ${count} ]; do ${ask}; done`);
  const names = said
    .trim()
    .split('\n')
    .map((line) => line.split(' ')[0]!);
  return [...new Set(names)].sort();
}

/** Endpoints that the test itself writes. */
async function ownSlice(
  service: string,
  name: string,
  endpoints: EndpointSlice['endpoints'],
  port = 8080,
): Promise<void> {
  const labels = { 'kubernetes.io/service-name': service };
  await web.client.create(
    endpointSlices,
    {
      metadata: { name, namespace: web.namespace, labels },
      addressType: 'IPv4',
      ports: [{ name: '', port, protocol: 'TCP' }],
      endpoints,
    },
    signal(),
  );
}

const endpointOf = (index: number, rest: object = {}) => ({
  addresses: [addressOf(web.servers[index]!, 4)],
  nodeName: `node${index + 1}`,
  conditions: { ready: true, serving: true, terminating: false },
  ...rest,
});

test('internalTrafficPolicy Local: only pods of the same node answer', async (t) => {
  const service = await web.service('near', { selector: { role: 'web' }, internalTrafficPolicy: 'Local' });
  const url = urlOf(clusterIpOf(service, 4), 80);
  for (const index of all) {
    await eventually('an answer', () => askFromPod(web, `client-${index + 1}`, url));
    t.deepEqual(await answers(6, () => askFromPod(web, `client-${index + 1}`, url)), [`web-${index + 1}`]);
  }
});

test('hints: a zone’s, and a node’s own, lead to endpoints nearby', async (t) => {
  const { client } = web;
  for (const index of all) {
    const body = { metadata: { labels: { 'topology.kubernetes.io/zone': index === 1 ? 'far' : 'near' } } };
    await client.patch(nodeResource, { name: `node${index + 1}` }, { type: 'merge', body }, signal());
  }
  const zones = await web.service('zoned', {});
  await ownSlice(
    'zoned',
    'zoned-1',
    all.map((i) => endpointOf(i, { hints: { forZones: [{ name: i === 1 ? 'far' : 'near' }] } })),
  );
  const zoneUrl = urlOf(clusterIpOf(zones, 4), 80);
  await eventually(
    'the zone to count',
    async () => (await answers(8, () => askFromPod(web, 'client-2', zoneUrl))).join() === 'web-2',
  );
  await eventually(
    'the zone to count on another node',
    async () => (await answersOf(12, 'client-1', zoneUrl)).join() === 'web-1,web-3',
  );
  t.deepEqual(await answersOf(12, 'client-1', zoneUrl), ['web-1', 'web-3']);

  const own = await web.service('noded', {});
  await ownSlice(
    'noded',
    'noded-1',
    all.map((i) => endpointOf(i, { hints: { forNodes: [{ name: `node${i + 1}` }] } })),
  );
  const nodeUrl = urlOf(clusterIpOf(own, 4), 80);
  for (const index of all) {
    await eventually(
      'the node to count',
      async () =>
        (await answers(6, () => askFromPod(web, `client-${index + 1}`, nodeUrl))).join() === `web-${index + 1}`,
    );
  }
});

test('trafficDistribution: the same node first', async (t) => {
  const service = await web.service('closest', { selector: { role: 'web' }, trafficDistribution: 'PreferSameNode' });
  const url = urlOf(clusterIpOf(service, 4), 80);
  for (const index of all) {
    await eventually(
      'the node to count',
      async () => (await answers(6, () => askFromPod(web, `client-${index + 1}`, url))).join() === `web-${index + 1}`,
    );
  }
  t.pass();
});

test('endpoints that terminate but serve answer where nobody else is left', async (t) => {
  const service = await web.service('ending', {});
  const url = urlOf(clusterIpOf(service, 4), 80);
  const ending = { conditions: { ready: false, serving: true, terminating: true } };
  await ownSlice('ending', 'ending-1', [endpointOf(0, ending), endpointOf(1)]);
  await eventually('an answer', () => askFromPod(web, 'client-3', url));
  t.deepEqual(await answers(6, () => askFromPod(web, 'client-3', url)), ['web-2']);
  await web.client.patch(
    endpointSlices,
    { namespace: web.namespace, name: 'ending-1' },
    { type: 'merge', body: { endpoints: [endpointOf(0, ending)] } },
    signal(),
  );
  await eventually('the last resort', async () => (await askFromPod(web, 'client-3', url))?.server === 'web-1');
  const gone = { conditions: { ready: false, serving: false, terminating: true } };
  await web.client.patch(
    endpointSlices,
    { namespace: web.namespace, name: 'ending-1' },
    { type: 'merge', body: { endpoints: [endpointOf(0, gone)] } },
    signal(),
  );
  await eventually('nobody', async () => (await askFromPod(web, 'client-3', url)) === undefined);
});

test('several slices of one Service, with different ports, are one', async (t) => {
  await web.pod('other-port', 'node2', { containers: [{ name: 'main', image, command: serve(9090) }] });
  const other = await web.client.get(podResource, { namespace: web.namespace, name: 'other-port' }, signal());
  const service = await web.service('sliced', {});
  await ownSlice('sliced', 'sliced-1', [endpointOf(0)]);
  await ownSlice(
    'sliced',
    'sliced-2',
    [{ addresses: [addressOf(other, 4)], nodeName: 'node2', conditions: { ready: true } }],
    9090,
  );
  const url = urlOf(clusterIpOf(service, 4), 80);
  await eventually(
    'both',
    async () => (await answers(10, () => askFromPod(web, 'client-3', url))).join() === 'other-port,web-1',
  );
  t.pass();
});

test('session affinity holds for its time, and no longer', async (t) => {
  const service = await web.service('sticky', {
    selector: { role: 'web' },
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 3 } },
  });
  const url = urlOf(clusterIpOf(service, 4), 80);
  await eventually('an answer', () => askFromPod(web, 'client-1', url));
  t.regex((await answersOf(10, 'client-1', url)).join(), /^web-\d$/);
  const later = new Set<string>();
  for (let i = 0; i < 15 && later.size < 2; i++) {
    await delay(4_000);
    for (const name of await answers(1, () => askFromPod(web, 'client-1', url))) later.add(name);
  }
  t.true(later.size > 1);
});

test('one port over TCP, UDP and SCTP has one node port and one rule each', async (t) => {
  const ports = (['TCP', 'UDP', 'SCTP'] as const).map((protocol) => ({
    name: protocol.toLowerCase(),
    protocol,
    port: 53,
    targetPort: 8080,
  }));
  const service = await web.service('three', { type: 'NodePort', selector: { app: 'web-1' }, ports });
  t.is(new Set(service.spec.ports!.map(({ nodePort }) => nodePort)).size, 1);
  const url = urlOf(nodeIp(1, 4), service.spec.ports![0]!.nodePort!);
  t.is((await eventually('an answer over TCP', () => askFromOutside(url)))?.server, 'web-1');
});

test('an external address, and a load balancer’s, answer through any node; ipMode Proxy leaves the latter alone', async (t) => {
  const [external, vip] = ['192.0.2.71', '192.0.2.72'];
  const made = await web.service('balanced', {
    type: 'LoadBalancer',
    selector: { app: 'web-3' },
    externalIPs: [external],
  });
  const at = { namespace: web.namespace, name: made.metadata.name };
  const ingress = (ipMode: string) => ({ status: { loadBalancer: { ingress: [{ ip: vip, ipMode }] } } });
  await web.client.patch(services, at, { type: 'merge', body: ingress('VIP') }, signal(), { subresource: 'status' });
  for (const ip of [external, vip]) {
    const url = urlOf(ip, 80);
    t.is((await eventually(`${ip} from a node`, () => askFromNode(0, url)))?.server, 'web-3');
    t.is((await eventually(`${ip} from a pod`, () => askFromPod(web, 'client-2', url)))?.server, 'web-3');
  }
  await web.client.patch(services, at, { type: 'merge', body: ingress('Proxy') }, signal(), { subresource: 'status' });
  await eventually(
    'nobody at the address of a proxy',
    async () => (await askFromNode(0, urlOf(vip, 80))) === undefined,
  );
  t.is((await askFromNode(0, urlOf(external, 80)))?.server, 'web-3');
});

test('a Service without node ports for its load balancer has none', async (t) => {
  const { spec } = await web.service('portless', {
    type: 'LoadBalancer',
    allocateLoadBalancerNodePorts: false,
    selector: { role: 'web' },
  });
  t.is(spec.ports![0]!.nodePort, undefined);
});

test('a node that is about to be deleted tells load balancers so', async (t) => {
  const health = async () =>
    (await onNode(2, ['busybox', 'sh', '-c', 'busybox wget -qO- http://127.0.0.1:10256/healthz 2>&1 || true'])).stdout;
  t.regex(await health(), /lastUpdated/);
  const taint = { key: 'ToBeDeletedByClusterAutoscaler', effect: 'PreferNoSchedule' as const };
  const node = { name: 'node3' };
  await web.client.patch(nodeResource, node, { type: 'strategic', body: { spec: { taints: [taint] } } }, signal());
  try {
    await eventually('503', async () => /503/.test(await health()));
  } finally {
    await web.client.patch(nodeResource, node, { type: 'merge', body: { spec: { taints: null } } }, signal());
  }
  await eventually('200', async () => /lastUpdated/.test(await health()));
});

test('a Service in a range that came later is served on every node, and what nobody has there is refused', async (t) => {
  const name = `range-${process.pid}`;
  await web.client.create(
    serviceCIDRs,
    { metadata: { name }, spec: { cidrs: ['203.0.113.0/24'] }, status: {} },
    signal(),
  );
  try {
    await eventually('the range to be ready', async () => {
      const { status } = await web.client.get(serviceCIDRs, { name }, signal());
      return status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
    });
    await web.service('ranged', { clusterIP: '203.0.113.10', selector: { app: 'web-1' } });
    for (const index of all) {
      const url = urlOf('203.0.113.10', 80);
      t.is((await eventually('a pod', () => askFromPod(web, `client-${index + 1}`, url)))?.server, 'web-1');
      t.is((await eventually('a node', () => askFromNode(index, url)))?.server, 'web-1');
    }
    const refused = await web.shell('client-1', 'timeout 3 wget -qO- http://203.0.113.99/ 2>&1 || true');
    t.regex(refused, /refused/);
    t.is((await onNode(0, ['ip', 'route', 'get', '203.0.113.99'])).stdout.includes('dev lo'), true);
  } finally {
    await web.client.delete(services, { namespace: web.namespace, name: 'ranged' }, signal());
    await web.client.delete(serviceCIDRs, { name }, signal());
  }
});
