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
  const addresses = [{ type: 'InternalIP', address: node.ip }];
  const spec = { podCIDR: node.podCidr, podCIDRs: [node.podCidr] };
  node.feed({ put: 'nodes', objects: [{ metadata: { name: node.name, uid: '1' }, spec, status: { addresses } }] });
  await node.ready;
  const pod = await node.addPod('pa', 8080);
  const service = { clusterIP: '10.96.3.4', type: 'NodePort', ports: [examplePort({ nodePort: 30084 })] } as const;
  node.feed({ put: 'services', objects: [exampleService('some', service)] });
  node.feed({ put: 'endpointSlices', objects: [exampleSlice('some', [exampleEndpoint(pod.ip, node.name)])] });
  const answer = (run: Lab['outside'], host: string, port: number) => async () => {
    const [one] = JSON.parse(await run(...ask('tcp', host, port))) as readonly ({ name: string } | string)[];
    return typeof one === 'object' ? one.name : one;
  };
  t.is(await becomes(answer(lab.outside, served, 30084), 'pa'), 'pa');
  t.is(await answer(lab.outside, other, 30084)(), 'ECONNREFUSED');
  t.is(await answer(pod.run, served, 30084)(), 'pa');
  t.is(await answer(pod.run, other, 30084)(), 'ECONNREFUSED');
  t.is(await answer(node.run, served, 30084)(), 'pa');
  t.is(await answer(node.run, other, 30084)(), 'ECONNREFUSED');
  t.is(await answer(node.run, '10.96.3.4', 80)(), 'pa');
}
