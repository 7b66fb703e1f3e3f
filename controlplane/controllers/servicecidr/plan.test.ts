import test from 'ava';
import type { ServiceCIDR } from '#lib/api/types/networking.v1.ts';
import { mayGo } from './plan.ts';

function range(name: string, ...cidrs: readonly string[]): ServiceCIDR {
  return { metadata: { name }, spec: { cidrs }, status: {} };
}

const goes = test.macro<[readonly ServiceCIDR[], readonly string[], boolean]>({
  title: (title) => `mayGo(): ${title}`,
  exec: (t, others, addresses, isFree) => {
    const mine = range('mine', '10.1.0.0/24');
    t.is(mayGo(mine, [mine, ...others], addresses), isFree);
  },
});

test('unused', goes, [], ['10.2.0.1'], true);
test('used', goes, [], ['10.1.0.7'], false);
test('used, but within a wider one', goes, [range('wide', '10.0.0.0/8')], ['10.1.0.7'], true);
test('used where another one is, too', goes, [range('half', '10.1.0.0/25')], ['10.1.0.7'], true);
test('used beside the other one', goes, [range('half', '10.1.0.0/25')], ['10.1.0.200'], false);
const leaving = {
  ...range('wide', '10.0.0.0/8'),
  metadata: { name: 'wide', deletionTimestamp: '2026-01-01T00:00:00Z' },
};
test('the wider one goes, too', goes, [leaving], ['10.1.0.7'], false);
