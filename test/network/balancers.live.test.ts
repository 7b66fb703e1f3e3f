// What load balancers rely on.
import test from 'ava';
import { services } from '#lib/api/resources.ts';
import { eventually, onNode } from '../live/cluster.ts';
import { addressOf, askFromPod, clusterIpOf, openWeb, urlOf, type Web } from './web.ts';

let web: Web;
test.before(async () => {
  web = await openWeb('balancers');
});
test.after.always(() => web?.close());

const signal = () => AbortSignal.timeout(60_000);

test('a load balancer’s address is open only to whom it is meant for', async (t) => {
  const vip = '192.0.2.73';
  const loadBalancerSourceRanges = [`${addressOf(web.clients[0]!, 4)}/32`];
  const made = await web.service('ranges', {
    type: 'LoadBalancer',
    selector: { role: 'web' },
    loadBalancerSourceRanges,
  });
  const at = { namespace: web.namespace, name: made.metadata.name };
  const body = { status: { loadBalancer: { ingress: [{ ip: vip }] } } };
  await web.client.patch(services, at, { type: 'merge', body }, signal(), { subresource: 'status' });
  await eventually('who may', () => askFromPod(web, 'client-1', urlOf(vip, 80)));
  // Nobody answers, either, while their node does not know of the address yet.
  await eventually('the address on the other node', async () => (await rulesOf(1)).includes(vip));
  await eventually('the Service there', () => askFromPod(web, 'client-2', urlOf(clusterIpOf(made, 4), 80)));
  t.is(await askFromPod(web, 'client-2', urlOf(vip, 80)), undefined, 'who may not');
  t.truthy(await askFromPod(web, 'client-2', urlOf(clusterIpOf(made, 4), 80)));
});

/** In whichever mode the proxy is. (A package of npm has a program called nft, too.) */
async function rulesOf(index: number): Promise<string> {
  return (await onNode(index, ['sh', '-c', 'iptables-save && /usr/sbin/nft list ruleset'])).stdout;
}

test('the health check node port says which nodes have pods of the Service', async (t) => {
  const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', selector: { app: 'web-2' } } as const;
  const port = (await web.service('checked', spec)).spec.healthCheckNodePort!;
  const says = async (index: number) =>
    (await onNode(index, ['busybox', 'sh', '-c', `busybox wget -SqO- http://127.0.0.1:${port}/healthz 2>&1 || true`]))
      .stdout;
  await eventually('the node of the pod', async () => /"localEndpoints": ?1/.test(await says(1)));
  for (const index of [0, 2]) {
    await eventually(`503 at node${index + 1}`, async () => /503/.test(await says(index)));
  }
  t.pass();
});
