import test from 'ava';
import { type Loss, lossOf } from './rule-events.ts';

const told = test.macro<[string, Loss | undefined]>({
  title: (_title, line, loss) => `lossOf() takes "${line}" for ${loss ?? 'nothing'}`,
  exec(t, line, loss) {
    t.is(lossOf(line), loss);
  },
});

test(told, 'delete rule ip nat KUBE-SERVICES handle 5007', 'ours');
test(told, 'delete chain ip6 nat KUBE-SEP-A', 'ours');
test(told, 'delete rule ip filter SKIFF-FORWARD handle 7', 'ours');
test(told, 'delete table ip filter', 'ours');
test(told, 'delete table ip6 kube-proxy', 'ours');
test(told, 'delete rule ip kube-proxy services handle 4', 'ours');
test(told, 'delete element ip kube-proxy service-ips { 10.0.0.9 . tcp . 80 : drop }', 'ours');
test(told, 'delete rule ip filter FORWARD handle 9', 'maybe');
test(told, 'delete rule ip nat CNI-HOSTPORT-DNAT handle 9', undefined);
test(told, 'delete rule inet firewalld filter_INPUT handle 9', undefined);
test(told, '# new generation 4 by process 7888 (iptables)', undefined);
