// A node's network as a process of its own, to be run in the node's namespaces: objects come as lines of JSON on standard
// input, what it logs goes to standard error, each change of its status to standard output. Ends with its input.
import { createInterface } from 'node:readline';
import type { Node, Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { createFedInformer } from '#lib/client/fed-informer.ts';
import { createClock } from '#lib/clock.ts';
import { exec } from '#lib/exec.ts';
import { createLog } from '#lib/log.ts';
import { type NetworkOptions, startNetwork } from '../network.ts';

export type Feed =
  | { readonly put: 'nodes' | 'services' | 'endpointSlices'; readonly objects: readonly unknown[] }
  | { readonly delete: 'nodes' | 'services' | 'endpointSlices'; readonly key: string };

const informers = {
  nodes: createFedInformer<Node>(),
  services: createFedInformer<Service>(),
  endpointSlices: createFedInformer<EndpointSlice>(),
};
const options = JSON.parse(process.argv[2] ?? '{}') as Partial<NetworkOptions>;
const stop = new AbortController();
let hasStarted = false;
for await (const line of createInterface({ input: process.stdin })) {
  const feed = JSON.parse(line) as Feed;
  if ('put' in feed) for (const object of feed.objects) informers[feed.put].put(object as never);
  else informers[feed.delete].delete(feed.key);
  if (!hasStarted) start();
}
stop.abort();

function start(): void {
  hasStarted = true;
  const say = (status: unknown) => process.stdout.write(`${JSON.stringify(status)}\n`);
  const network = startNetwork(
    {
      nodeName: '',
      nodeIps: [],
      clusterCidrs: ['10.244.0.0/16'],
      serviceCidrs: ['10.96.0.0/12'],
      clusterDns: '10.96.0.10',
      clusterDomain: 'cluster.local',
      ...options,
      informers,
      exec,
      clock: createClock(),
      log: createLog({ level: 'debug' }),
      onStatus: say,
    },
    stop.signal,
  );
  say(network.status());
}
