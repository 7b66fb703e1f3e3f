import test from 'ava';
import type { Node } from '#lib/api/types/core.v1.ts';
import { createTurns, pauseMs, type ZoneFacts, zoneFacts } from './zones.ts';

/** "a+++-": zone a has three ready nodes and one that is not. */
function nodesOf(text: string): readonly Node[] {
  return text.split(' ').flatMap((part) =>
    [...part.slice(1)].map((sign, i): Node => {
      const labels = { 'topology.kubernetes.io/zone': part[0]! };
      const conditions = [{ type: 'Ready', status: sign === '+' ? 'True' : 'Unknown' } as const];
      return { metadata: { name: `${part[0]}${i}`, labels }, spec: {}, status: { conditions } };
    }),
  );
}

const stands = test.macro<[string, ZoneFacts['disruption']]>({
  title: (_title, text, disruption) => `zoneFacts() of the first of ${text} says ${disruption}`,
  exec(t, text, disruption) {
    const nodes = nodesOf(text);
    t.is(zoneFacts(nodes[0]!, nodes).disruption, disruption);
  },
});
test(stands, '-+', 'none');
test(stands, '--+', 'none');
test(stands, 'a-+', 'none');
test(stands, 'a--+', 'none'); // two are too few to tell
test(stands, 'a---+', 'partial');
test(stands, 'a---+++', 'none');
test(stands, 'a---++', 'partial');
test(stands, 'a--- b+', 'full');
test(stands, 'a+ b---', 'none');
test(stands, 'a- b-', 'all');

test('pauseMs() slows down where much of a zone is silent, and stops where it is small or all is', (t) => {
  t.is(pauseMs({ disruption: 'none', size: 3 }), 10_000);
  t.is(pauseMs({ disruption: 'full', size: 3 }), 10_000);
  t.is(pauseMs({ disruption: 'partial', size: 50 }), undefined);
  t.is(pauseMs({ disruption: 'partial', size: 51 }), 100_000);
  t.is(pauseMs({ disruption: 'all', size: 51 }), undefined);
});

test('createTurns() lets one node of each zone pass at a time', (t) => {
  const turns = createTurns();
  t.is(turns.take('a', 10_000, 0), 0);
  t.is(turns.take('a', 10_000, 4_000), 6_000);
  t.is(turns.take('b', 100_000, 4_000), 0);
  t.is(turns.take('a', 10_000, 10_000), 0);
  t.is(turns.take('b', 10_000, 14_000), 10_000); // faster from now on
});
