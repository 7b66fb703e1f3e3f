// Traffic that stays near, as the control plane hints and the proxies follow.
import test from 'ava';
import { nodes as nodeResource, services } from '#lib/api/resources.ts';
import { eventually } from '../live/cluster.ts';
import { askFromPod, clusterIpOf, openWeb, urlOf, type Web } from './web.ts';

let web: Web;
test.before(async () => {
  web = await openWeb('zones');
  for (const index of all) {
    const body = { metadata: { labels: { 'topology.kubernetes.io/zone': index === 1 ? 'far' : 'near' } } };
    await web.client.patch(nodeResource, { name: `node${index + 1}` }, { type: 'merge', body }, signal());
  }
});
test.after.always(() => web?.close());

const signal = () => AbortSignal.timeout(60_000);
const all = [0, 1, 2] as const;
const everybody = ['web-1', 'web-2', 'web-3'];

async function answering(from: number, url: string): Promise<string> {
  const names = new Set<string>();
  for (let i = 0; i < 12; i++) names.add((await askFromPod(web, `client-${from + 1}`, url))?.server ?? 'nobody');
  return [...names].sort().join();
}

async function staysNear(url: string): Promise<void> {
  await eventually('only the pod of its zone', async () => (await answering(1, url)) === 'web-2');
  for (const index of [0, 2]) {
    await eventually('only pods of their zone', async () => (await answering(index, url)) === 'web-1,web-3');
  }
}

for (const trafficDistribution of ['PreferSameZone', 'PreferClose']) {
  test(`trafficDistribution ${trafficDistribution}: the same zone`, async (t) => {
    const name = trafficDistribution.toLowerCase();
    const service = await web.service(name, { selector: { role: 'web' }, trafficDistribution });
    await staysNear(urlOf(clusterIpOf(service, 4), 80));
    t.pass();
  });
}

test('topology-mode Auto: each zone has the endpoints that its CPU is worth, until it is asked for no longer', async (t) => {
  const made = await web.service('auto', { selector: { role: 'web' } });
  const url = urlOf(clusterIpOf(made, 4), 80);
  const annotate = (mode: string | null) => {
    const body = { metadata: { annotations: { 'service.kubernetes.io/topology-mode': mode } } };
    return web.client.patch(services, { namespace: web.namespace, name: 'auto' }, { type: 'merge', body }, signal());
  };
  await eventually('everybody', async () => (await answering(1, url)) === everybody.join());
  await annotate('Auto');
  await staysNear(url);
  await annotate(null);
  await eventually('everybody again', async () => (await answering(1, url)) === everybody.join());
  t.pass();
});
