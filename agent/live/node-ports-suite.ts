import type { ExecutionContext } from 'ava';
import type { ProxyMode } from '../proxy/backend.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from '../proxy/example.ts';
import { becomes } from './becomes.ts';
import { ask, createLab, type Lab } from './lab.ts';

/** A node with two addresses that serves node ports at one of them: nobody answers at the other. */
export async function servesNodePortsAt(t: ExecutionContext, mode: ProxyMode): Promise<void> {
  const lab = await createLab(1, `skn${process.pid}${mode.slice(0, 1)}`, mode, {
    nodePortAddresses: ['172.18.0.0/28'],
  });
  t.teardown(() => lab[Symbol.asyncDispose]());
  const [node] = lab.nodes as [Lab['nodes'][0]];
  const [served, other] = [node.ip, '172.18.0.130'] as const;
  await node.run('ip', ['address', 'add', `${other}/24`, 'dev', 'eth0']);
  await node.introduce();
  const pod = await node.addPod('pa', 8080);
  const service = { clusterIP: '10.96.3.4', type: 'NodePort', ports: [examplePort({ nodePort: 30084 })] } as const;
  node.feed({ put: 'services', objects: [exampleService('some', service)] });
  node.feed({ put: 'endpointSlices', objects: [exampleSlice('some', [exampleEndpoint(pod.ip, node.name)])] });
  t.is(await becomes(answer(lab.outside, served, 30084), 'pa'), 'pa');
  t.is(await answer(lab.outside, other, 30084)(), 'ECONNREFUSED');
  t.is(await answer(pod.run, served, 30084)(), 'pa');
  t.is(await answer(pod.run, other, 30084)(), 'ECONNREFUSED');
  t.is(await answer(node.run, served, 30084)(), 'pa');
  t.is(await answer(node.run, other, 30084)(), 'ECONNREFUSED');
  t.is(await answer(node.run, '10.96.3.4', 80)(), 'pa');
}

/** Node ports answer at 127.0.0.1 on the node, and neighbours reach nothing of it there; then another mode takes over. */
export async function servesLocalhost(t: ExecutionContext): Promise<void> {
  const lab = await createLab(1, `skl${process.pid}`, 'iptables', { isLocalhostServed: true });
  t.teardown(() => lab[Symbol.asyncDispose]());
  const [node] = lab.nodes as [Lab['nodes'][0]];
  await node.introduce();
  const pod = await node.addPod('pl', 8080);
  const put = (externalTrafficPolicy: 'Cluster' | 'Local') => {
    const ports = [examplePort({ nodePort: 30085 })];
    const service = { clusterIP: '10.96.3.5', type: 'NodePort', externalTrafficPolicy, ports } as const;
    node.feed({ put: 'services', objects: [exampleService('here', service)] });
  };
  put('Cluster');
  node.feed({ put: 'endpointSlices', objects: [exampleSlice('here', [exampleEndpoint(pod.ip, node.name)])] });
  t.is(await becomes(answer(node.run, '127.0.0.1', 30085), 'pl'), 'pl');
  t.is(await answer(lab.outside, node.ip, 30085)(), 'pl');
  put('Local');
  // What Local alone does says that its rules are there: who asks from outside keeps their address.
  const seen = async () => (await asked(lab.outside, node.ip, 30085)).peer;
  t.is(await becomes(seen, '172.18.0.1'), '172.18.0.1');
  t.is(await answer(node.run, '127.0.0.1', 30085)(), 'pl');
  // A neighbour that sends what is for 127.0.0.1 here is not let in, whatever listens there.
  await lab.outside('sh', ['-c', 'echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet']);
  await lab.outside('ip', ['route', 'add', '127.0.0.9/32', 'via', node.ip]);
  await lab.outside('ip', ['route', 'del', 'table', 'local', '127.0.0.0/8', 'dev', 'lo']);
  const counted = () => node.run('iptables', ['-t', 'filter', '-nvxL', 'SKIFF-LOCALNET']);
  t.regex(await counted(), / 0 +0 DROP/);
  t.not(await answer(lab.outside, '127.0.0.9', 10_256)(), 'ECONNREFUSED');
  t.regex(await counted(), / [1-9]\d* +\d+ DROP/);
  await node.restart('nftables');
  const routes = () => node.run('cat', ['/proc/sys/net/ipv4/conf/all/route_localnet']);
  t.is((await becomes(routes, '0\n')).trim(), '0');
}

interface Answer {
  /** Of who answered, or the code of why nobody did. */
  readonly name: string;
  readonly peer?: string;
}

async function asked(run: Lab['outside'], host: string, port: number): Promise<Answer> {
  const [one] = JSON.parse(await run(...ask('tcp', host, port))) as [Answer | string];
  return typeof one === 'object' ? one : { name: one };
}

function answer(run: Lab['outside'], host: string, port: number): () => Promise<string> {
  return async () => (await asked(run, host, port)).name;
}
