import test from 'ava';
import { planTunnelChanges, type TunnelState } from './changes.ts';
import { planTunnel, type TunnelFacts, tunnelRoutes } from './plan.ts';

const far = { name: 'node-3', podCidrs: ['10.244.2.0/24'], internalIps: ['172.19.0.3'] };
const facts: TunnelFacts = {
  nodeIps: ['172.18.0.2'],
  podCidrs: ['10.244.0.0/24'],
  links: [{ name: 'eth0', mtu: 1500, addresses: ['172.18.0.2/24'] }],
  distant: [far],
};
const tunnel = planTunnel(facts)!;
const state: TunnelState = {
  id: 1,
  port: 4789,
  local: '172.18.0.2',
  isLearning: false,
  mac: '02:75:0a:f4:00:00',
  mtu: 1450,
  isUp: true,
  addresses: ['10.244.0.0/32'],
  neighbours: ['10.244.2.0 02:75:0a:f4:02:00'],
  forwards: ['02:75:0a:f4:02:00 172.19.0.3'],
};

test('planTunnel() leaves room for the outer headers, and names each node by its range', (t) => {
  t.deepEqual(tunnel, {
    local: '172.18.0.2',
    mac: '02:75:0a:f4:00:00',
    mtu: 1450,
    addresses: ['10.244.0.0/32'],
    peers: [{ mac: '02:75:0a:f4:02:00', nodeIp: '172.19.0.3', gateways: ['10.244.2.0'] }],
  });
});

test('planTunnel() makes none where no node is far, or this one has no range', (t) => {
  t.is(planTunnel({ ...facts, distant: [] }), undefined);
  t.is(planTunnel({ ...facts, podCidrs: [] }), undefined);
});

test('planTunnel() carries both families over the first one', (t) => {
  const both = planTunnel({
    ...facts,
    podCidrs: ['10.244.0.0/24', 'fd00:244::/64'],
    distant: [{ ...far, podCidrs: ['10.244.2.0/24', 'fd00:244:0:2::/64'], internalIps: ['fd00:19::3', '172.19.0.3'] }],
  })!;
  t.deepEqual(both.addresses, ['10.244.0.0/32', 'fd00:244::/128']);
  t.deepEqual(both.peers[0]!.gateways, ['10.244.2.0', 'fd00:244:0:2::']);
  t.is(both.peers[0]!.nodeIp, '172.19.0.3');
});

test('planTunnel() carries more over IPv6, whose header is longer', (t) => {
  const links = [{ name: 'eth0', mtu: 1500, addresses: ['fd00:18::2/64'] }];
  t.is(planTunnel({ ...facts, nodeIps: ['fd00:18::2'], links })!.mtu, 1430);
});

test('tunnelRoutes() go to the first address of the range, behind the tunnel', (t) => {
  t.deepEqual(tunnelRoutes(tunnel, [far]), [
    { destination: '10.244.2.0/24', kind: 'unicast', via: '10.244.2.0', device: 'skiff-vxlan', isOnLink: true },
  ]);
  t.deepEqual(tunnelRoutes(undefined, [far]), []);
});

test('planTunnelChanges() makes all where nothing is', (t) => {
  t.deepEqual(planTunnelChanges(tunnel, undefined), {
    ip: [
      'link add skiff-vxlan type vxlan id 1 dstport 4789 local 172.18.0.2 nolearning',
      'link set dev skiff-vxlan addrgenmode none',
      'link set dev skiff-vxlan address 02:75:0a:f4:00:00',
      'link set dev skiff-vxlan mtu 1450',
      'link set dev skiff-vxlan up',
      'address replace 10.244.0.0/32 dev skiff-vxlan',
      'neighbour replace 10.244.2.0 lladdr 02:75:0a:f4:02:00 dev skiff-vxlan nud permanent',
    ],
    bridge: ['fdb replace 02:75:0a:f4:02:00 dev skiff-vxlan dst 172.19.0.3'],
  });
});

const changes = test.macro<[Partial<TunnelState>, readonly string[]]>({
  title: (title) => `planTunnelChanges() ${title}`,
  exec(t, there, lines) {
    const { ip, bridge } = planTunnelChanges(tunnel, { ...state, ...there });
    t.deepEqual([...ip, ...bridge], lines);
  },
});
test('leaves what is right', changes, {}, []);
test('follows a node to its new address', changes, { forwards: ['02:75:0a:f4:02:00 172.19.0.9'] }, [
  'fdb replace 02:75:0a:f4:02:00 dev skiff-vxlan dst 172.19.0.3',
]);
test(
  'forgets a node that left',
  changes,
  {
    neighbours: [...state.neighbours, '10.244.7.0 02:75:0a:f4:07:00'],
    forwards: [...state.forwards, '02:75:0a:f4:07:00 172.19.0.7'],
  },
  ['neighbour del 10.244.7.0 dev skiff-vxlan', 'fdb del 02:75:0a:f4:07:00 dev skiff-vxlan'],
);
test('follows the MTU below', changes, { mtu: 8950 }, ['link set dev skiff-vxlan mtu 1450']);
test('wakes a link that is down', changes, { isUp: false }, ['link set dev skiff-vxlan up']);

test('planTunnelChanges() begins anew where the node has another address, and ends what is not wanted', (t) => {
  const { ip } = planTunnelChanges(tunnel, { ...state, local: '172.18.0.9' });
  t.is(ip[0], 'link del skiff-vxlan');
  t.is(ip.length, 8);
  t.deepEqual(planTunnelChanges(undefined, state), { ip: ['link del skiff-vxlan'], bridge: [] });
  t.deepEqual(planTunnelChanges(undefined, undefined), { ip: [], bridge: [] });
});
