import { serviceCIDRs, services } from '#lib/api/resources.ts';
import { type Cidr, formatCidr, parseIp } from '#lib/ip.ts';
import type { Metrics, Sample } from '#lib/metrics.ts';
import type { Registry } from '../registry/registry.ts';
import { addressesOf } from './allocate-addresses.ts';
import { nodePortsOf } from './allocate-ports.ts';
import { defaultPorts, parseRanges } from './hooks.ts';
import { sizeOf } from './pick-address.ts';
import { openRanges, rangeOf } from './ranges.ts';

/** How much of the ranges of Services is taken. Rule: pkg/registry/core/service, ipallocator and portallocator, metrics. */
export function addAllocationMetrics(metrics: Metrics, registry: Pick<Registry, 'reader'>, range: string): void {
  const defaults = parseRanges(range);
  const [all, ranges] = [registry.reader(services), registry.reader(serviceCIDRs)];

  function addresses(tell: (range: Cidr, taken: number) => number): readonly Sample[] {
    const open = openRanges(defaults, ranges.list());
    const taken = new Map(open.map((one) => [one, 0]));
    for (const address of all.list().flatMap(addressesOf)) {
      const ip = parseIp(address);
      const found = ip && rangeOf(open, ip);
      if (found !== undefined) taken.set(found, taken.get(found)! + 1);
    }
    return [...taken].map(([one, count]) => ({ values: [formatCidr(one)], value: tell(one, count) }));
  }

  function ports(tell: (taken: number) => number): readonly Sample[] {
    return [{ values: [], value: tell(new Set(all.list().flatMap(nodePortsOf)).size) }];
  }

  const [address, port] = ['kube_apiserver_clusterip_allocator', 'kube_apiserver_nodeport_allocator'];
  metrics.gaugeFrom(`${address}_allocated_ips`, 'Addresses that Services have.', ['cidr'], () =>
    addresses((_range, taken) => taken),
  );
  metrics.gaugeFrom(`${address}_available_ips`, 'Addresses that are left for Services.', ['cidr'], () =>
    addresses((one, taken) => sizeOf(one) - taken),
  );
  metrics.gaugeFrom(`${port}_allocated_ports`, 'Ports of nodes that Services have.', [], () => ports((taken) => taken));
  metrics.gaugeFrom(`${port}_available_ports`, 'Ports of nodes that are left for Services.', [], () =>
    ports((taken) => defaultPorts.size - taken),
  );
}
