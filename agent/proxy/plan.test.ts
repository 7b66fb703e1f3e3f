import test from 'ava';
import type { Service } from '#lib/api/types/core.v1.ts';
import { exampleEndpoint, examplePort, exampleService, exampleSlice } from './example.ts';
import { type PortPlan, planService } from './plan.ts';

const slices = [exampleSlice('web', [exampleEndpoint('10.244.0.5', 'node-1')])];
const plan = (service: Service, family: 4 | 6 = 4) => planService(service, slices, { nodeName: 'node-1' }, family);

const leaves = test.macro<[string, Service]>({
  title: (_title, what) => `planService() leaves ${what} alone`,
  exec: (t, _what, service) => {
    t.deepEqual(plan(service), []);
  },
});
test(leaves, 'a headless Service', exampleService('web', { clusterIP: 'None' }));
test(leaves, 'a Service without an address yet', exampleService('web', { clusterIP: '' }));
test(leaves, 'an alias', exampleService('web', { type: 'ExternalName', externalName: 'example.org' }));
test(leaves, 'a Service of another family', exampleService('web', { clusterIP: 'fd00::1' }));
test(
  leaves,
  "another proxy's Service",
  exampleService('web', {}, { labels: { 'service.kubernetes.io/service-proxy-name': 'x' } }),
);

const plans = test.macro<[string, Service, Partial<PortPlan>]>({
  title: (_title, what) => `planService() takes in ${what}`,
  exec: (t, _what, service, expected) => {
    t.like(plan(service)[0], expected as never);
  },
});
const status = {
  loadBalancer: {
    ingress: [{ ip: '192.0.2.8' }, { ip: 'fd00::8' }, { ip: '192.0.2.9', ipMode: 'Proxy' }, { hostname: 'x' }],
  },
};
test(plans, 'a name without a port name', exampleService('web', { ports: [{ port: 80 }] }), {
  name: 'default/web',
  protocol: 'tcp',
});
test(
  plans,
  'addresses of load balancers that are its own',
  exampleService('web', { type: 'LoadBalancer' }, { status }),
  { loadBalancerIps: ['192.0.2.8'] },
);
test(plans, 'no addresses of load balancers that it no longer has', exampleService('web', {}, { status }), {
  loadBalancerIps: [],
});
test(plans, 'the default time of affinity', exampleService('web', { sessionAffinity: 'ClientIP' }), {
  affinitySeconds: 10_800,
});
test(
  plans,
  'ranges of its family',
  exampleService('web', { loadBalancerSourceRanges: [' 10.0.0.0/8', 'fd00::/8', 'rubbish'] }),
  { sourceRanges: ['10.0.0.0/8'] },
);
test(
  plans,
  'ranges and addresses in the form that the kernel prints',
  exampleService('web', { loadBalancerSourceRanges: ['10.1.2.3/8', '10.0.0.0/8'], externalIPs: ['192.0.2.1'] }),
  { sourceRanges: ['10.0.0.0/8'], externalIps: ['192.0.2.1'] },
);
test(
  plans,
  'ranges that are all of the other family: no restriction',
  exampleService('web', { loadBalancerSourceRanges: ['fd00::/8'] }),
  { sourceRanges: undefined },
);
test(
  plans,
  'a range of everybody: no restriction',
  exampleService('web', { loadBalancerSourceRanges: ['0.0.0.0/0'] }),
  { sourceRanges: undefined },
);
test(plans, 'node port 0: none', exampleService('web', { ports: [examplePort({ nodePort: 0 })] }), {
  nodePort: undefined,
});

test('planService() gives IPv6 addresses in their usual form', (t) => {
  const [port] = plan(exampleService('web', { clusterIP: 'FD00:0::0001', externalIPs: ['2001:DB8:0:0::7'] }), 6);
  t.like(port, { clusterIp: 'fd00::1', externalIps: ['2001:db8::7'] });
});

test('planService() passes over slices of headless Services', (t) => {
  const headless = [
    exampleSlice('web', [exampleEndpoint('10.244.0.5')], { labels: { 'service.kubernetes.io/headless': '' } }),
  ];
  t.false(planService(exampleService('web'), headless, { nodeName: 'node-1' }, 4)[0]!.targets.hasAny);
});
