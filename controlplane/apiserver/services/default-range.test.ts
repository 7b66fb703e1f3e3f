import test from 'ava';
import type { ServiceCIDR } from '#lib/api/types/networking.v1.ts';
import { planDefaultRange } from './default-range.ts';

const now = '2026-01-01T00:00:00Z';
const ready = { type: 'Ready', status: 'True', lastTransitionTime: now, reason: '', message: '' };

function range(cidrs: readonly string[], more: Partial<ServiceCIDR> = {}): ServiceCIDR {
  return { metadata: { name: 'kubernetes' }, spec: { cidrs }, status: {}, ...more };
}

const plans = test.macro<[readonly string[], ServiceCIDR | undefined, ReturnType<typeof planDefaultRange>['do']]>({
  title: (title) => `planDefaultRange() ${title}`,
  exec: (t, cidrs, found, step) => t.is(planDefaultRange(cidrs, found, now).do, step),
});

test('makes it', plans, ['10.96.0.0/12'], undefined, 'create');
test('says that it is ready', plans, ['10.96.0.0/12'], range(['10.96.0.0/12']), 'report');
test('says so once', plans, ['10.96.0.0/12'], range(['10.96.0.0/12'], { status: { conditions: [ready] } }), 'nothing');
test('adds a family', plans, ['10.96.0.0/12', 'fd00::/112'], range(['10.96.0.0/12']), 'update');
test('leaves another one alone', plans, ['10.0.0.0/12'], range(['10.96.0.0/12']), 'complain');
test(
  'leaves one that goes',
  plans,
  ['10.96.0.0/12'],
  range([], { metadata: { name: 'kubernetes', deletionTimestamp: now } }),
  'nothing',
);
