import test from 'ava';
import type { Node } from '#lib/api/types/core.v1.ts';
import { type Placed, planZoneHints } from './zone-hints.ts';
import { zoneShares } from './zone-shares.ts';

const even = new Map([
  ['a', 0.5],
  ['b', 0.5],
]);

/** 'aab' are three endpoints in the zones a, a and b; 'a>b' is one of a that is given to b. */
function placed(...words: readonly string[]): readonly Placed[] {
  return words.map((word, index) => {
    const [zone, given] = word.split('>');
    return { address: `10.0.0.${index + 1}`, zone: zone || undefined, given };
  });
}

const gives = test.macro<[readonly string[], ReadonlyMap<string, number> | undefined, string | RegExp]>({
  title: (_title, words, shares, result) =>
    `planZoneHints() gives ${words.join(' ')} at ${[...(shares?.values() ?? [])].join(', ')} to ${result}`,
  exec(t, words, shares, result) {
    const plan = planZoneHints(placed(...words), shares);
    if (typeof result === 'string') t.is('zones' in plan && [...plan.zones.values()].join(''), result);
    else t.regex('problem' in plan ? plan.problem : '', result);
  },
});
test(gives, ['a', 'a', 'b', 'b'], even, 'aabb');
test(gives, ['a', 'a', 'a', 'b'], even, 'baab');
test(gives, ['a', 'a', 'a', 'a'], even, 'bbaa');
test(gives, ['a', 'a>b', 'a', 'a>b'], even, 'abab'); // what is given stays so
test(gives, ['a', 'a>b', 'b', 'b'], even, 'aabb'); // b would have too many
test(gives, ['a', 'a>c', 'b', 'b'], even, 'aabb'); // a zone that is gone
test(
  gives,
  ['a', 'b', 'b', 'b', 'b', 'b'],
  new Map([
    ['a', 1 / 3],
    ['b', 2 / 3],
  ]),
  'aabbbb',
);
test(gives, ['a'], even, /^Insufficient number of endpoints \(1 endpoints, 2 zones\)$/);
test(
  gives,
  ['a', 'b', 'b'],
  new Map([
    ['a', 0.41],
    ['b', 0.59],
  ]),
  /without exceeding overload threshold \(3 endp/,
);
test(gives, ['a', ''], even, /do not have a zone/);
test(gives, ['a', 'b'], undefined, /^Insufficient Node information/);

test('zoneShares() goes by the CPU of ready nodes that are no control plane', (t) => {
  const node = (zone: string | undefined, cpu: string, isReady = true, more = {}): Node => ({
    metadata: { name: `${zone}`, labels: { ...(zone && { 'topology.kubernetes.io/zone': zone }), ...more } },
    spec: {},
    status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
  });
  const leader = node(undefined, '8', true, { 'node-role.kubernetes.io/control-plane': '' });
  const nodes = [node('b', '3'), node('a', '500m'), node('a', '500m'), node('a', '4', false), leader];
  t.deepEqual(
    [...zoneShares(nodes)!],
    [
      ['a', 0.25],
      ['b', 0.75],
    ],
  );
  t.is(zoneShares([...nodes, node(undefined, '1')]), undefined);
  t.is(zoneShares([node('a', '1'), node('a', '1')]), undefined);
});
