import type { ExecutionContext } from 'ava';
import type { ProxyMode } from '../proxy/backend.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from '../proxy/example.ts';
import { becomes, until } from './becomes.ts';
import { ask, createLab, type Lab } from './lab.ts';

/** What a mode leaves in the kernel while it serves; where another one does, there must be none of it. */
const traces: Readonly<Record<ProxyMode, string>> = {
  iptables: 'iptables-save | grep -E "KUBE-(SVC|SEP|EXT)-"',
  ipvs: 'ipvsadm --save --numeric; ipset list -name; iptables-save | grep SKIFF-IPVS; ip link show dev skiff-ipvs 2>/dev/null',
  nftables: '/usr/sbin/nft list tables | grep kube-proxy',
};

/** A node whose proxy gets one mode after the other: Services answer in each, and nothing of the others is left. */
export async function changesModes(t: ExecutionContext, modes: readonly ProxyMode[]): Promise<void> {
  const lab = await createLab(1, `skm${process.pid}`, modes[0]!);
  t.teardown(() => lab[Symbol.asyncDispose]());
  const [node] = lab.nodes as [Lab['nodes'][0]];
  await node.introduce();
  const pods = [await node.addPod('ma', 8080), await node.addPod('mb', 8080)] as const;
  const service = { clusterIP: '10.96.3.1', type: 'NodePort', ports: [examplePort({ nodePort: 30083 })] } as const;
  node.feed({ put: 'services', objects: [exampleService('moved', service)] });
  const endpoints = pods.map(({ ip }) => exampleEndpoint(ip, node.name));
  node.feed({ put: 'endpointSlices', objects: [exampleSlice('moved', endpoints)] });
  const asked = async (run: Lab['outside'], host: string, port: number): Promise<readonly string[]> => {
    const answers = JSON.parse(await run(...ask('tcp', host, port, 10))) as readonly ({ name: string } | string)[];
    return [...new Set(answers.map((one) => (typeof one === 'string' ? one : one.name)))].sort();
  };
  for (const [index, mode] of modes.entries()) {
    if (index > 0) await node.restart(mode);
    const others = Object.keys(traces).filter((other) => other !== mode) as ProxyMode[];
    const look = others.map((other) => traces[other]).join('; ');
    const found = () => node.run('sh', ['-c', `${look}; true`]);
    const served = async () => (await node.run('sh', ['-c', `${traces[mode]}; true`])) !== '';
    await until(async () => (await served()) && (await found()) === '', Boolean);
    t.is(await found(), '', `left in ${mode}`);
    const both = ['ma', 'mb'] as const;
    const answers = async (...words: Parameters<typeof asked>) =>
      t.deepEqual(await becomes(() => asked(...words), both), both, mode);
    await answers(pods[0].run, '10.96.3.1', 80);
    await answers(node.run, '10.96.3.1', 80);
    await answers(lab.outside, node.ip, 30083);
  }
}
