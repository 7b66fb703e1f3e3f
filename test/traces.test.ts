import test from 'ava';
import { isPartOfCluster, routesOf } from './traces.ts';

const part = test.macro<[string, boolean]>({
  title: (_title, words, is) => `isPartOfCluster() is ${is} of "${words}"`,
  exec: (t, words, is) => t.is(isPartOfCluster(words), is),
});
test(part, '/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id 1', true);
test(part, 'node cli/main.ts agent --node-name a', true);
test(part, '/usr/sbin/nft monitor destroy', true);
test(part, 'ip -oneline monitor link address route', true);
test(part, 'busctl monitor --json=short --match=type=signal', true);
test(part, 'ip netns list', false);
test(part, 'node node_modules/ava/entrypoints/cli.js', false);

const route = test.macro<[string, string?]>({
  title: (_title, line, kept) => `routesOf() makes ${kept === undefined ? 'nothing' : `"${kept}"`} of "${line}"`,
  exec: (t, line, kept) => t.deepEqual(routesOf([line]), kept === undefined ? [] : [kept]),
});
test(route, 'default via fe80::1 dev eth0 proto ra metric 1024 expires 1799sec pref medium');
test(route, 'default via 192.0.2.1 dev eth0 proto dhcp src 192.0.2.2 metric 100');
test(
  route,
  '2001:db8::/64 dev eth0 proto kernel metric 256 expires 86399sec pref medium',
  '2001:db8::/64 dev eth0 proto kernel metric 256 pref medium',
);
test(route, '10.244.1.0/24 via 10.89.0.12 dev eth0 proto dhcp', '10.244.1.0/24 via 10.89.0.12 dev eth0 proto dhcp');
test(route, '10.111.0.0/16 dev eth0 proto dhcp', '10.111.0.0/16 dev eth0 proto dhcp');
test(route, '10.112.0.0/16 dev eth0 proto dhcp');
test(route, 'unreachable fd00:96::/112 dev lo proto ra', 'unreachable fd00:96::/112 dev lo proto ra');
test(route, '10.89.0.0/24 dev left scope link', '10.89.0.0/24 dev left scope link');
