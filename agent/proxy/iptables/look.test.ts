import test from 'ava';
import { planIpvsJumps } from '../ipvs/base.ts';
import { planJumps } from './base.ts';
import { renderLook } from './look.ts';

test('renderLook() asks for the canary of each table', (t) => {
  const [, filter, nat] = renderLook(planJumps()).split('*');
  for (const text of [filter, nat]) t.regex(text!, /^\w+\n-C KUBE-PROXY-CANARY -m comment .*\n/);
  t.true(filter!.startsWith('filter\n') && nat!.startsWith('nat\n'));
  t.true(filter!.endsWith('COMMIT\n') && nat!.endsWith('COMMIT\n'));
});

test('renderLook() asks for ways into chains that do not grow, and for no others', (t) => {
  const targets = [...renderLook(planJumps()).matchAll(/^-C (\w+) .* -j (\S+)$/gm)].map(
    ([, from, to]) => `${from} ${to}`,
  );
  t.deepEqual(targets, [
    'FORWARD KUBE-FORWARD',
    'FORWARD KUBE-CLUSTER-IPS',
    'FORWARD SKIFF-FORWARD',
    'OUTPUT KUBE-CLUSTER-IPS',
    'POSTROUTING KUBE-POSTROUTING',
    'POSTROUTING SKIFF-MASQ',
  ]);
  t.regex(renderLook(planIpvsJumps()), /-C INPUT .* -j SKIFF-IPVS-FILTER\n/);
});
