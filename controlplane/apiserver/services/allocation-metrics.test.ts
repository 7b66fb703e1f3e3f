import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import { addAllocationMetrics } from './allocation-metrics.ts';

test('addAllocationMetrics() tells what Services have, and what is left', (t) => {
  const metrics = createMetrics();
  const lists: Readonly<Record<string, readonly unknown[]>> = {
    services: [
      { spec: { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', 'fd00::1'], ports: [{ nodePort: 30_000 }] } },
      { spec: { clusterIP: 'None', clusterIPs: ['None'] } },
      { spec: { clusterIP: '10.97.0.9', clusterIPs: ['10.97.0.9'], ports: [{ nodePort: 30_001 }, { port: 80 }] } },
    ],
    servicecidrs: [{ metadata: { name: 'more' }, spec: { cidrs: ['10.97.0.0/28'] } }],
  };
  const reader = ({ plural }: { plural: string }) => ({ list: () => lists[plural] });
  addAllocationMetrics(metrics, { reader } as never, '10.96.0.0/24,fd00::/112');
  t.deepEqual(metrics.render().match(/^kube_apiserver_.*$/gm), [
    'kube_apiserver_clusterip_allocator_allocated_ips{cidr="10.96.0.0/24"} 1',
    'kube_apiserver_clusterip_allocator_allocated_ips{cidr="fd00::/112"} 1',
    'kube_apiserver_clusterip_allocator_allocated_ips{cidr="10.97.0.0/28"} 1',
    'kube_apiserver_clusterip_allocator_available_ips{cidr="10.96.0.0/24"} 253',
    'kube_apiserver_clusterip_allocator_available_ips{cidr="fd00::/112"} 65534',
    'kube_apiserver_clusterip_allocator_available_ips{cidr="10.97.0.0/28"} 13',
    'kube_apiserver_nodeport_allocator_allocated_ports 2',
    'kube_apiserver_nodeport_allocator_available_ports 2766',
  ]);
});
