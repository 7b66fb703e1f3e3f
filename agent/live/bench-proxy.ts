// How fast rules follow Services: bench-proxy.ts SERVICES CHANGES [iptables | ipvs | nftables], in a network namespace of its own.
// Prints JSON.

import { createSocket } from 'node:dgram';
import type { Node, Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { createFedInformer } from '#lib/client/fed-informer.ts';
import { createClock } from '#lib/clock.ts';
import { exec } from '#lib/exec.ts';
import { createLog } from '#lib/log.ts';
import { createMetrics } from '#lib/metrics.ts';
import type { ProxyMode } from '../proxy/backend.ts';
import { exampleEndpoint, exampleService, exampleSlice } from '../proxy/example.ts';
import { createProxy } from '../proxy/proxy.ts';

const [services, changes] = [Number(process.argv[2]), Number(process.argv[3])];
const informers = {
  nodes: createFedInformer<Node>(),
  services: createFedInformer<Service>(),
  endpointSlices: createFedInformer<EndpointSlice>(),
};
const address = (base: number, index: number) => `10.${base}.${index >> 8}.${index & 255}`;
const slice = (index: number, last: number) =>
  exampleSlice(`s${index}`, [exampleEndpoint(address(200, index)), exampleEndpoint(address(last, index))]);
for (let index = 0; index < services; index++) {
  informers.services.put(exampleService(`s${index}`, { clusterIP: address(100, index) }));
  informers.endpointSlices.put(slice(index, 201));
}
const stop = new AbortController();
const proxy = createProxy({
  mode: (process.argv[4] ?? 'iptables') as ProxyMode,
  nodeName: 'node-1',
  nodeIps: [],
  clusterCidrs: ['10.200.0.0/14'],
  serviceCidrs: () => ['10.100.0.0/16'],
  ownAddresses: [],
  informers,
  exec,
  clock: createClock(),
  log: createLog({ level: 'error' }),
  metrics: createMetrics(),
});
let applied = Promise.withResolvers<void>();
proxy.onApplied(() => {
  applied.resolve();
  applied = Promise.withResolvers();
});
async function timed(act: () => void): Promise<number> {
  const startMs = performance.now();
  const done = applied.promise;
  act();
  await done;
  return performance.now() - startMs;
}

// Waiting alone does not keep a process alive; a socket does.
const alive = createSocket('udp4').bind(0);
let running: Promise<void> | undefined;
const firstMs = await timed(() => (running = proxy.run(stop.signal)));
const times: number[] = [];
for (let change = 0; change < changes; change++) {
  times.push(await timed(() => informers.endpointSlices.put(slice((change * 7919) % services, 202 + (change % 2)))));
}
const changesMs = times.map((ms) => Math.round(ms * 10) / 10);
times.sort((a, b) => a - b);
const at = (share: number) =>
  Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))]! * 10) / 10;
const memoryMb = Math.round(process.memoryUsage().rss / 2 ** 20);
process.stdout.write(
  `${JSON.stringify({ services, firstMs: Math.round(firstMs), changesMs, p50: at(0.5), p99: at(0.99), memoryMb })}\n`,
);
stop.abort();
await running;
alive.close();
