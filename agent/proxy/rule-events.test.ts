import test from 'ava';
import { isListening, type Loss, wordOf } from './rule-events.ts';

const told = test.macro<[string, Loss | undefined]>({
  title: (_title, line, loss) => `wordOf() takes "${line}" for ${loss ?? 'nothing'}`,
  exec(t, line, loss) {
    t.is(wordOf(line)?.loss, loss);
  },
});

test(told, 'delete rule ip nat KUBE-SERVICES handle 5007', 'ours');
test(told, 'delete chain ip6 nat KUBE-SEP-A', 'ours');
test(told, 'delete rule ip filter SKIFF-FORWARD handle 7', 'ours');
test(told, 'delete table ip filter', 'ours');
test(told, 'delete table ip6 kube-proxy', 'ours');
test(told, 'delete rule ip kube-proxy services handle 4', 'ours');
test(told, 'delete element ip kube-proxy service-ips { 10.0.0.9 . tcp . 80 : drop }', 'ours');
test(told, 'delete element ip kube-proxy __map0 { 0 : goto endpoint-A }', undefined);
test(told, 'delete rule ip filter FORWARD handle 9', 'maybe');
test(told, 'delete rule ip nat CNI-HOSTPORT-DNAT handle 9', undefined);
test(told, 'delete rule inet firewalld filter_INPUT handle 9', undefined);
test(told, '# new generation 4 by process 7888 (iptables)', undefined);
test(told, '# ERROR: We lost some netlink events!', 'unheard');

const place = test.macro<[string, string]>({
  title: (_title, line, where) => `wordOf() takes "${line}" to be at ${where}`,
  exec(t, line, where) {
    t.is(wordOf(line)?.place, where);
  },
});
test(place, 'delete rule ip nat KUBE-SERVICES handle 5007', 'ip nat KUBE-SERVICES');
test(place, 'delete chain ip6 nat KUBE-SEP-A', 'ip6 nat KUBE-SEP-A');
test(place, 'delete element ip kube-proxy service-ips { 10.0.0.9 . tcp . 80 : drop }', 'ip kube-proxy service-ips');
test(place, 'delete table ip6 kube-proxy', 'ip6 kube-proxy ');

const listens = test.macro<[string, string, boolean]>({
  title: (_title, what) => `isListening() ${what}`,
  exec(t, _what, line, is) {
    const head = 'sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode';
    t.is(isListening(`${head}\n${line}\n`, 4711), is);
  },
});
const rest = '0        0        0     2        0        9001    ';
test(listens, 'finds who is told of nf_tables', `00000000db88df80 12  4711       00000040 ${rest}`, true);
test(listens, 'passes over who is told of nothing', `00000000db88df80 12  4711       00000000 ${rest}`, false);
test(listens, 'passes over another process', `00000000db88df80 12  4712       00000040 ${rest}`, false);
test(listens, 'passes over who is told of links', `00000000db88df80 0   4711       00000040 ${rest}`, false);
