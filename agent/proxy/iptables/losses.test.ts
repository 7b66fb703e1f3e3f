import test from 'ava';
import type { Change } from './changes.ts';
import { lossesOf } from './losses.ts';
import type { ChainId } from './rules.ts';

const there = new Map<ChainId, readonly string[]>([
  ['nat KUBE-SVC-A', ['1', '2']],
  ['nat KUBE-SERVICES', ['to-A', 'to-B', 'last']],
]);

const takes = test.macro<[string, readonly Change[], Readonly<Record<string, number>>]>({
  title: (_title, what) => `lossesOf() of iptables counts ${what}`,
  exec: (t, _what, changes, losses) => {
    t.deepEqual(Object.fromEntries(lossesOf(changes, there, 4)), losses);
  },
});
test(takes, 'the rules of a chain that is written anew', [{ do: 'write', id: 'nat KUBE-SVC-A', rules: ['1', '3'] }], {
  'ip nat KUBE-SVC-A': 2,
});
test(takes, 'nothing for a chain that comes', [{ do: 'write', id: 'nat KUBE-SVC-C', rules: ['1'] }], {});
test(takes, 'the rules of a chain that goes, and itself', [{ do: 'delete', id: 'nat KUBE-SVC-A' }], {
  'ip nat KUBE-SVC-A': 3,
});
test(
  takes,
  'what an edit takes out',
  [{ do: 'edit', id: 'nat KUBE-SERVICES', removed: ['to-A'], added: ['to-C'], rules: ['to-C', 'to-B', 'last'] }],
  { 'ip nat KUBE-SERVICES': 1 },
);
test(
  takes,
  'old ways in, and no new ones',
  [
    { do: 'unjump', table: 'filter', from: 'FORWARD', rule: '-j OLD' },
    { do: 'unjump', table: 'filter', from: 'FORWARD', rule: '-j OLDER' },
    { do: 'jump', jump: { table: 'filter', from: 'FORWARD', rule: '-j NEW' } },
  ],
  { 'ip filter FORWARD': 2 },
);
test('lossesOf() of iptables names the family', (t) => {
  t.deepEqual([...lossesOf([{ do: 'delete', id: 'nat KUBE-SVC-A' }], there, 6).keys()], ['ip6 nat KUBE-SVC-A']);
});
