import test from 'ava';
import { planRoutes, type RouteFacts, wantedRoutes } from './plan.ts';

const facts: RouteFacts = {
  mode: 'auto',
  nodeName: 'node-1',
  nodeIps: ['172.18.0.2'],
  clusterCidrs: ['10.244.0.0/16'],
  serviceCidrs: ['10.96.0.0/12'],
  nodes: [
    { name: 'node-1', podCidrs: ['10.244.0.0/24'], internalIps: ['172.18.0.2'] },
    { name: 'node-2', podCidrs: ['10.244.1.0/24'], internalIps: ['172.18.0.3'] },
  ],
  links: [{ name: 'eth0', mtu: 1500, addresses: ['172.18.0.2/24', 'fd00:18::2/64'] }],
};
const own = [
  'route replace unreachable 10.244.0.0/16 proto 75',
  'route replace 10.96.0.0/12 dev lo src 172.18.0.2 proto 75',
];

function linesOf(change: Partial<RouteFacts>, there: Parameters<typeof planRoutes>[1] = []) {
  return planRoutes(wantedRoutes({ ...facts, ...change }).routes, there, 4);
}

test('planRoutes() reaches the pods of a node on the same segment, and lets the rest of the ranges go nowhere', (t) => {
  t.deepEqual(linesOf({}), ['route replace 10.244.1.0/24 via 172.18.0.3 dev eth0 proto 75', ...own]);
});

test('planRoutes() does nothing when all is there', (t) => {
  t.deepEqual(linesOf({}, wantedRoutes(facts).routes), []);
});

test('planRoutes() takes away the route to a node that left', (t) => {
  t.deepEqual(linesOf({ nodes: [facts.nodes[0]!] }, wantedRoutes(facts).routes), [
    'route del 10.244.1.0/24 via 172.18.0.3 dev eth0 proto 75',
  ]);
});

test('planRoutes() follows a node to its new address', (t) => {
  const moved = { ...facts.nodes[1]!, internalIps: ['172.18.0.9'] };
  t.deepEqual(linesOf({ nodes: [facts.nodes[0]!, moved] }, wantedRoutes(facts).routes), [
    'route replace 10.244.1.0/24 via 172.18.0.9 dev eth0 proto 75',
  ]);
});

test('wantedRoutes() leaves a node on another segment to a tunnel', (t) => {
  const far = { name: 'node-3', podCidrs: ['10.244.2.0/24'], internalIps: ['172.19.0.3'] };
  const { routes, distant } = wantedRoutes({ ...facts, nodes: [...facts.nodes, far] });
  t.deepEqual(distant, [far]);
  t.false(routes.some(({ destination }) => destination === '10.244.2.0/24'));
});

test('wantedRoutes() keeps the families apart', (t) => {
  const node = {
    name: 'node-2',
    podCidrs: ['10.244.1.0/24', 'fd00:244:1::/64'],
    internalIps: ['172.18.0.3', 'fd00:18::3'],
  };
  const { routes } = wantedRoutes({ ...facts, nodes: [node] });
  t.deepEqual(
    routes.slice(0, 2).map(({ via }) => via),
    ['172.18.0.3', 'fd00:18::3'],
  );
});

test('wantedRoutes() waits for a node that has no range yet', (t) => {
  const { routes, distant } = wantedRoutes({ ...facts, nodes: [{ name: 'node-2', podCidrs: [], internalIps: [] }] });
  t.is(routes.length, 2);
  t.deepEqual(distant, []);
});

test('wantedRoutes() leaves all nodes to the tunnel where that was chosen', (t) => {
  const { routes, distant } = wantedRoutes({ ...facts, mode: 'vxlan' });
  t.deepEqual(distant, [facts.nodes[1]!]);
  t.is(routes.length, 2);
});

test('wantedRoutes() leaves a node to the tunnel for all its ranges if one is out of reach', (t) => {
  const half = { name: 'node-2', podCidrs: ['10.244.1.0/24', 'fd00:244:1::/64'], internalIps: ['172.18.0.3'] };
  const { routes, distant } = wantedRoutes({ ...facts, nodes: [half] });
  t.deepEqual([routes.length, distant], [2, [half]]);
});
