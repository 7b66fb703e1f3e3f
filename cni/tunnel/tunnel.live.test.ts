// Two nodes on two segments, joined by a router that knows of no pods: as namespaces with no way out.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'ava';
import { type Exec, exec } from '#lib/exec.ts';
import { createSilentLog } from '#lib/log.ts';
import { listLinks } from '../routes/kernel.ts';
import type { PodNetworkMode } from '../routes/plan.ts';
import { syncRoutes } from '../sync-routes.ts';
import { observeTunnel } from './kernel.ts';

const { signal } = new AbortController(); // each step has a bound of its own
const id = `skt${process.pid}`;
const nodes = [1, 2].map((number) => ({
  name: `node-${number}`,
  namespace: `${id}-n${number}`,
  podCidrs: [`10.244.${number}.0/24`, `fd00:244:0:${number}::/64`],
  internalIps: [`10.89.${number}.11`],
}));

function within(namespace: string): Exec {
  return (file, args, until, options) => exec('ip', ['netns', 'exec', namespace, file, ...args], until, options);
}

async function sh(namespace: string, ...lines: readonly string[]): Promise<void> {
  await within(namespace)('sh', ['-ec', lines.join('\n')], signal);
}

test.before(async () => {
  for (const name of [`${id}-r`, ...nodes.map(({ namespace }) => namespace)])
    await exec('ip', ['netns', 'add', name], signal);
  await sh(`${id}-r`, 'ip link set lo up', 'echo 1 >/proc/sys/net/ipv4/ip_forward', 'ip route add unreachable default');
  for (const [index, { namespace, internalIps, podCidrs }] of nodes.entries()) {
    const number = index + 1;
    await exec(
      'ip',
      ['link', 'add', 'eth0', 'netns', namespace, 'type', 'veth', 'peer', 'name', `n${number}`, 'netns', `${id}-r`],
      signal,
    );
    await sh(`${id}-r`, `ip addr add 10.89.${number}.1/24 dev n${number}`, `ip link set n${number} up`);
    await sh(
      namespace,
      'ip link set lo up',
      `ip addr add ${internalIps[0]}/24 dev eth0`,
      'ip link set eth0 up',
      `ip route add default via 10.89.${number}.1`,
      'echo 1 >/proc/sys/net/ipv4/ip_forward',
      'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding',
      'ip link add cni0 type bridge',
      `ip addr add ${podCidrs[0]!.replace('.0/', '.1/')} dev cni0`,
      `ip addr add ${podCidrs[1]!.replace('::/', '::1/')} dev cni0 nodad`,
      'ip link set cni0 up',
    );
  }
});

test.after.always(async () => {
  for (const name of [`${id}-r`, ...nodes.map(({ namespace }) => namespace)])
    await exec('ip', ['netns', 'del', name], AbortSignal.timeout(10_000), { okCodes: [0, 1] });
});

async function sync(mode: PodNetworkMode, known = nodes) {
  const results = [];
  for (const { name: nodeName, namespace, internalIps: nodeIps } of nodes) {
    const run = within(namespace);
    const clusterCidrs = ['10.244.0.0/16', 'fd00:244::/48'];
    const options = { mode, nodeName, nodeIps, clusterCidrs, exec: run, log: createSilentLog() };
    const around = { nodes: known, links: await listLinks(run, signal), serviceCidrs: ['10.96.0.0/12'] };
    results.push(await syncRoutes(options, around, signal));
  }
  return results;
}

/** What a connection from `source` in one node to `to` in the other one brings: bytes sent in full segments. */
async function fetched(from: number, source: string, to: string): Promise<number> {
  const server = spawn('ip', ['netns', 'exec', nodes[1 - from]!.namespace, process.execPath, '-e', serving, to], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await once(server.stdout!, 'data');
    const words = [process.execPath, '-e', asking, source, to];
    return Number((await within(nodes[from]!.namespace)(words[0]!, words.slice(1), signal)).stdout);
  } finally {
    server.kill('SIGKILL');
  }
}
const serving = `require('net').createServer((s) => s.on('error', () => {}).end(Buffer.alloc(${300_000}))).listen(8080, process.argv[1], () => console.log('up'))`;
const asking = `let n = 0; const s = require('net').connect({ host: process.argv[2], port: 8080, localAddress: process.argv[1], timeout: 2000 });
s.on('data', (d) => { n += d.length; }).on('end', () => console.log(n)).on('error', () => console.log(0)).on('timeout', () => { console.log(-1); s.destroy(); })`;

test.serial('pods of nodes on two segments reach each other in both families', async (t) => {
  t.true((await fetched(0, '10.244.1.1', '10.244.2.1')) <= 0);
  t.like(await sync('auto'), [
    { mtu: 1450, unreached: [] },
    { mtu: 1450, farIps: ['10.89.1.11'] },
  ]);
  t.is(await fetched(0, '10.244.1.1', '10.244.2.1'), 300_000);
  t.is(await fetched(1, '10.244.2.1', '10.244.1.1'), 300_000);
  t.is(await fetched(0, 'fd00:244:0:1::1', 'fd00:244:0:2::1'), 300_000);
});

test.serial('what is right is left alone', async (t) => {
  await sync('auto');
  const run = within(nodes[0]!.namespace);
  const before = await observeTunnel(run, signal);
  await sync('auto');
  t.deepEqual(await observeTunnel(run, signal), before);
  t.like(before, { id: 1, port: 4789, local: '10.89.1.11', isLearning: false, isUp: true, mtu: 1450 });
  t.deepEqual(before!.forwards, ['02:75:0a:f4:02:00 10.89.2.11']);
});

test.serial('a tunnel that somebody deleted comes back, and one that nobody needs goes', async (t) => {
  await sync('auto');
  await sh(nodes[0]!.namespace, 'ip link del skiff-vxlan');
  await sync('auto');
  t.is(await fetched(0, '10.244.1.1', '10.244.2.1'), 300_000);
  const [only] = await sync('auto', [nodes[0]!]);
  t.is(only!.mtu, 1500);
  t.is(await observeTunnel(within(nodes[0]!.namespace), signal), undefined);
});
