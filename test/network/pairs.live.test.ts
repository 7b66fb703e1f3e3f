// Who reaches whom, across all pairs of nodes, in both families, and under which address.
import test from 'ava';
import { eventually, onNode, testCluster } from '../live/cluster.ts';
import {
  addressOf,
  askFromNode,
  askFromOutside,
  askFromPod,
  clusterIpOf,
  families,
  nodeIp,
  openWeb,
  routerIp,
  urlOf,
  type Web,
} from './web.ts';

let web: Web;
test.before(async () => {
  web = await openWeb('pairs');
});
test.after.always(() => web?.close());

const all = [0, 1, 2] as const;

for (const family of families) {
  test(`pods reach pods of every node under their own address: IPv${family}`, async (t) => {
    for (const from of all)
      for (const to of all) {
        const answer = await askFromPod(web, `client-${from + 1}`, urlOf(addressOf(web.servers[to]!, family), 8080));
        t.deepEqual(
          answer,
          { server: `web-${to + 1}`, source: addressOf(web.clients[from]!, family) },
          `${from} > ${to}`,
        );
      }
  });

  test(`nodes reach pods of every node, and pods every node: IPv${family}`, async (t) => {
    for (const from of all)
      for (const to of all) {
        const answer = await askFromNode(from, urlOf(addressOf(web.servers[to]!, family), 8080));
        t.is(answer?.server, `web-${to + 1}`, `node ${from} > pod ${to}`);
        const kubelet = urlOf(nodeIp(to, family), 10250).replace('/cgi-bin/who', '/healthz');
        const line = `timeout 3 wget -qO- '${kubelet}' 2>&1 || true`;
        // A TLS server refuses plain HTTP by an answer: it was reached.
        t.regex(
          await web.shell(`client-${from + 1}`, line),
          /400|reset|eof|error getting|empty/i,
          `pod ${from} > node ${to}`,
        );
      }
  });
}

test('pods and nodes reach Services whose pod is on any node; pods under their own address', async (t) => {
  for (const to of all) {
    const name = `inner-${to + 1}`;
    const service = await web.service(name, { selector: { app: `web-${to + 1}` }, ipFamilyPolicy: 'RequireDualStack' });
    for (const family of families) {
      const url = urlOf(clusterIpOf(service, family), 80);
      for (const from of all) {
        const answer = await eventually(`${name} from node ${from + 1}`, () =>
          askFromPod(web, `client-${from + 1}`, url),
        );
        t.deepEqual(answer, { server: `web-${to + 1}`, source: addressOf(web.clients[from]!, family) });
        t.is((await askFromNode(from, url))?.server, `web-${to + 1}`, `node ${from} > ${url}`);
      }
      // A pod that asks itself sees another address: the answer has to come back through the Service.
      const own = await askFromPod(web, `web-${to + 1}`, url);
      t.is(own?.server, `web-${to + 1}`);
      t.not(own?.source, addressOf(web.servers[to]!, family));
    }
  }
});

test('node ports lead from outside through any node to a pod on any node', async (t) => {
  for (const to of all) {
    const spec = { type: 'NodePort', ipFamilyPolicy: 'RequireDualStack', selector: { app: `web-${to + 1}` } } as const;
    const { nodePort } = (await web.service(`outer-${to + 1}`, spec)).spec.ports![0]!;
    for (const family of families)
      for (const through of all) {
        const url = urlOf(nodeIp(through, family), nodePort!);
        const answer = await eventually(`${url} from outside`, () => askFromOutside(url));
        t.is(answer.server, `web-${to + 1}`);
        t.is((await askFromPod(web, 'client-2', url))?.server, `web-${to + 1}`, `${url} from a pod`);
      }
  }
});

test('with external policy Local, who is outside keeps its address, and only the node of the pod answers', async (t) => {
  for (const to of all) {
    const { nodePort } = (
      await web.service(`local-${to + 1}`, {
        type: 'NodePort',
        externalTrafficPolicy: 'Local',
        ipFamilyPolicy: 'RequireDualStack',
        selector: { app: `web-${to + 1}` },
      })
    ).spec.ports![0]!;
    for (const family of families) {
      const url = urlOf(nodeIp(to, family), nodePort!);
      const answer = await eventually(`${url} from outside`, () => askFromOutside(url));
      t.deepEqual(answer, { server: `web-${to + 1}`, source: routerIp(to, family) });
      for (const other of all.filter((one) => one !== to))
        t.is(await askFromOutside(urlOf(nodeIp(other, family), nodePort!), 1), undefined);
    }
  }
});

test('nodes of one segment have a route, others the tunnel, which leaves room for its headers', async (t) => {
  const { nodes } = testCluster().layout;
  const routes = async (index: number) => (await onNode(index, ['ip', '-4', 'route', 'show', 'proto', '75'])).stdout;
  t.regex(await routes(0), new RegExp(`via ${nodes[2]!.ip} dev eth0`));
  t.is((await routes(0)).match(/dev skiff-vxlan/g)?.length, 1);
  t.is((await routes(1)).match(/dev skiff-vxlan/g)?.length, 2);
  t.is((await web.shell('client-1', 'cat /sys/class/net/eth0/mtu')).trim(), '1450');
  const sent = `head -c 300000 /dev/zero >/tmp/z; timeout 5 wget -qO- --post-file=/tmp/z http://${addressOf(web.servers[1]!, 4)}:8080/cgi-bin/who`;
  t.regex(await web.shell('client-1', sent), /^web-2 /m);
});
