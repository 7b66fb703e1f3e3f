import test from 'ava';
import { isLoss } from './watch-kernel.ts';

const loss = test.macro<[string, boolean]>({
  title: (_title, line, is) => `isLoss() is ${is} of ${line.slice(0, 50)}`,
  exec: (t, line, is) => t.is(isLoss(line), is),
});
test(loss, 'Deleted 4: cni0: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default', true);
test(loss, 'Deleted 4: cni0    inet 10.244.0.1/24 brd 10.244.0.255 scope global cni0', true);
test(loss, 'Deleted 7: skiff-vxlan: <BROADCAST,MULTICAST> mtu 1450 state DOWN', true);
test(loss, 'Deleted 10.244.1.0/24 via 10.89.0.12 dev eth0 proto 75 ', true);
test(loss, 'Deleted 9: veth1a@if2: <BROADCAST,MULTICAST> mtu 1500 qdisc noop master cni0 state DOWN', false);
test(loss, 'Deleted 10.244.1.0/24 via 10.89.0.12 dev eth0 ', false);
test(loss, '4: cni0: <BROADCAST,MULTICAST> mtu 1500 qdisc noqueue state DOWN group default', true);
test(loss, '4: cni0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN group default', false);
test(loss, '9: veth1a@if2: <BROADCAST,MULTICAST,UP> mtu 1500 master cni0 state UP', false);
test(loss, '4: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP', false);
