// What a node's network comes back from: each thing that somebody might do to it.
import test from 'ava';
import { execa } from 'execa';
import { nodes as nodeResource, pods as podResource } from '#lib/api/resources.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { home } from '../lab.ts';
import { eventually, inNode, onNode, testCluster } from '../live/cluster.ts';
import { addressOf, askFromNode, askFromPod, clusterIpOf, openWeb, urlOf, type Web } from './web.ts';

let web: Web;
let clusterUrl: string;
test.before(async () => {
  web = await openWeb('recovery');
  clusterUrl = urlOf(clusterIpOf(await web.service('any', { selector: { role: 'web' } }), 4), 80);
  await eventually('the Service', () => askFromPod(web, 'client-1', clusterUrl));
});
test.after.always(() => web?.close());

/** What takes the rules of this mode away. */
function flushOf(): readonly string[] {
  const isNftables = testCluster().layout.proxyMode === 'nftables';
  return isNftables ? ['/usr/sbin/nft', 'flush', 'ruleset'] : ['iptables', '-t', 'nat', '-F'];
}

const podOn = (index: number) => urlOf(addressOf(web.servers[index]!, 4), 8080);

async function healed(t: { log(text: string): void }, what: string, ask: () => Promise<unknown>): Promise<void> {
  const from = performance.now();
  await eventually(what, ask, 20_000);
  t.log(`${what}: ${Math.round(performance.now() - from)} ms`);
}

test.serial('a bridge that was deleted is made again, and pods are put back to it', async (t) => {
  await onNode(0, ['ip', 'link', 'del', 'cni0']);
  await healed(t, 'a pod of another node from a pod of this one', () => askFromPod(web, 'client-1', podOn(1)));
  await healed(t, 'a pod of this node from another one', () => askFromPod(web, 'client-3', podOn(0)));
  await healed(t, 'a Service that leads back to the pod itself', () => askFromPod(web, 'web-1', clusterUrl));
  t.pass();
});

test.serial('a tunnel, a route and a neighbour that were deleted come back', async (t) => {
  await onNode(0, ['ip', 'link', 'del', 'skiff-vxlan']);
  await healed(t, 'a pod behind the tunnel', () => askFromPod(web, 'client-1', podOn(1)));
  await onNode(0, ['ip', 'route', 'flush', 'proto', '75']);
  await healed(t, 'a pod behind a route', () => askFromPod(web, 'client-1', podOn(2)));
  await healed(t, 'a Service from the node', () => askFromNode(0, clusterUrl));
  t.pass();
});

test.serial('a plugin that is missing is named in the Ready condition, until it is back', async (t) => {
  const ready = async () => {
    const node = await web.client.get(nodeResource, { name: 'node1' }, AbortSignal.timeout(10_000));
    return node.status.conditions!.find(({ type }) => type === 'Ready')!;
  };
  const dir = (await inNode(0, ['sh', '-c', 'ls -d /usr/lib/cni /opt/cni/bin 2>/dev/null | head -1'])).stdout.trim();
  // In the node's own view: nobody else misses it.
  const script = `mkdir -p /run/cni-copy && cp -a ${dir}/. /run/cni-copy && rm /run/cni-copy/portmap && mount --bind /run/cni-copy ${dir}`;
  await inNode(0, ['sh', '-ec', script]);
  try {
    const condition = await eventually('a node that is not Ready', async () => {
      const found = await ready();
      return found.status === 'False' && found;
    });
    t.regex(condition.message!, /CNI plugin "portmap" is missing/);
  } finally {
    await inNode(0, ['umount', dir]);
  }
  await eventually('a node that is Ready', async () => (await ready()).status === 'True');
  await healed(t, 'a pod of this node', () => askFromPod(web, 'client-3', podOn(0)));
});

test.serial('rules that somebody flushed come back, and no request but those meanwhile is lost', async (t) => {
  const flush = flushOf();
  await onNode(0, flush);
  await healed(t, `a Service after ${flush.join(' ')}`, () => askFromPod(web, 'client-1', clusterUrl));
  for (let i = 0; i < 10; i++) t.truthy(await askFromPod(web, 'client-1', clusterUrl));
});

test.serial('under load, a flush and a pod that is killed cost what they must, and no more', async (t) => {
  const line = `for i in $(seq 300); do timeout 2 wget -qO- '${clusterUrl}' >/dev/null 2>&1 && echo -n + || echo -n -; done`;
  const extra = await web.pod('web-extra', 'node2', {}, { role: 'web' });
  await eventually(
    'the pod behind the Service',
    async () => (await askFromPod(web, 'client-1', clusterUrl))?.server === 'web-extra',
  );
  const loading = web.shell('client-1', line);
  await onNode(0, flushOf());
  await web.client.delete(
    podResource,
    { namespace: web.namespace, name: extra.metadata.name },
    AbortSignal.timeout(10_000),
    {
      gracePeriodSeconds: 0,
    },
  );
  const said = await loading;
  t.log(said);
  t.is(said.length, 300);
  t.true(said.split('-').length - 1 <= 30, said);
  t.regex(said, /\+{100}$/);
});

test.serial('addresses that no pod has are freed when the agent comes back', async (t) => {
  const lease = '/var/lib/cni/networks/skiff/10.244.250.250';
  await inNode(0, ['sh', '-c', `printf 'nobody\\r\\neth0' >${lease}; touch -d '10 minutes ago' ${lease}`]);
  const { processes } = readState(testCluster().layout.dataDir)!;
  process.kill(processes['node1/agent']!.pid, 'SIGKILL');
  await execa(`${home}/skiff`, ['up', '--data', testCluster().layout.dataDir, '--isolated', '--no-workload']);
  await eventually('the address to be free', async () => {
    const { stdout } = await inNode(0, ['sh', '-c', `ls ${lease} 2>/dev/null || echo gone`]);
    return stdout.trim() === 'gone';
  });
  t.truthy(await askFromPod(web, 'client-1', podOn(0)));
});
