import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import type { ProxyMode } from '../proxy/backend.ts';
import { exampleEndpoint, exampleService, exampleSlice } from '../proxy/example.ts';
import { until } from './becomes.ts';
import type { Flow } from './flow.ts';
import { createLab, type Lab } from './lab.ts';

const clusterIp = '10.96.3.5';

/**
 * A node is lost while a Service with endpoints on both is asked. Until the control plane notices, only requests to the endpoint that
 * died fail; from then on none does.
 */
export async function losesNode(t: ExecutionContext, mode: ProxyMode): Promise<void> {
  const lab = await createLab(2, `skl${process.pid}${mode.slice(0, 1)}`, mode);
  t.teardown(() => lab[Symbol.asyncDispose]());
  const [one, two] = lab.nodes as [Lab['nodes'][0], Lab['nodes'][0]];
  const objects = lab.nodes.map(({ name, ip, podCidr }) => ({
    metadata: { name, uid: name },
    spec: { podCIDR: podCidr, podCIDRs: [podCidr] },
    status: { addresses: [{ type: 'InternalIP', address: ip }] },
  }));
  lab.feed({ put: 'nodes', objects });
  await Promise.all(lab.nodes.map((node) => node.ready));
  const client = await one.addPod('lc', 8080);
  const [near, far] = [await one.addPod('la', 8080), await two.addPod('lb', 8080)];
  const feedSlice = (isFarReady: boolean) => {
    const conditions = { ready: isFarReady, serving: isFarReady, terminating: false };
    const endpoints = [exampleEndpoint(near.ip, one.name), exampleEndpoint(far.ip, two.name, { conditions })];
    const ports = [{ name: 'http', protocol: 'TCP', port: 8081 }] as const;
    lab.feed({ put: 'endpointSlices', objects: [exampleSlice('lost', endpoints, { ports })] });
  };
  lab.feed({ put: 'services', objects: [exampleService('lost', { clusterIP: clusterIp })] });
  feedSlice(true);

  const child = client.start(process.execPath, [join(import.meta.dirname, 'flow.ts'), clusterIp]);
  const lines = createInterface({ input: child.stdout! });
  await once(lines, 'line');
  const said = async (): Promise<Flow> => {
    child.stdin!.write('\n');
    const [line] = (await once(lines, 'line')) as [string];
    return JSON.parse(line) as Flow;
  };
  const failedPorts: number[] = [];
  /** Asks until so many in a row were answered, or in vain for long. Returns how many were. */
  const answeredInARow = async (count: number): Promise<number> => {
    let row = 0;
    await until(said, (flow) => {
      failedPorts.push(...flow.failedPorts);
      row = flow.failed > 0 ? 0 : row + flow.answered;
      return row >= count;
    });
    return row;
  };
  t.true((await answeredInARow(20)) >= 20, 'all are answered while both nodes are there');
  failedPorts.length = 0;
  // Both have their share before one of them goes.
  const targets = async () => new Set((await flows(one)).values());
  await until(targets, (found) => found.has(near.ip) && found.has(far.ip));

  await lab.outside('ip', ['link', 'set', 'port2', 'down']);
  let [answered, failed] = [0, 0];
  const isEnough = (flow: Flow) => {
    answered += flow.answered;
    failed += flow.failed;
    failedPorts.push(...flow.failedPorts);
    return answered >= 5 && failed >= 5;
  };
  await until(said, isEnough);
  t.true(answered >= 5 && failed >= 5, 'some are lost, others are not');

  feedSlice(false);
  t.true((await answeredInARow(20)) >= 20, 'as long as rules take to follow, some may still be lost');
  const later = { answered: 0, failed: 0 };
  await until(said, (flow) => {
    later.answered += flow.answered;
    later.failed += flow.failed;
    return later.answered >= 100;
  });
  t.is(later.failed, 0);
  t.true(later.answered >= 100);
  const to = await flows(one);
  t.deepEqual(
    [...new Set(failedPorts.map((port) => to.get(port)))],
    [far.ip],
    'only those to the endpoint that died failed',
  );
  t.log(`${failedPorts.length} requests failed, all to the endpoint that died`);
  child.stdin!.end();
}

/** Whom the kernel has sent the flows to the Service to, by their source ports. */
async function flows(node: Lab['nodes'][0]): Promise<ReadonlyMap<number, string>> {
  const text = await node.run('conntrack', ['-L', '-p', 'tcp', '--orig-dst', clusterIp]);
  const found = text.matchAll(/ sport=(\d+) dport=80 (?:\[\w+\] )?src=(\S+) /g);
  return new Map([...found].map(([, port, to]) => [Number(port), to!]));
}
