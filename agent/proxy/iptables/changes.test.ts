import test from 'ava';
import { changesOf, jumpChanges } from './changes.ts';
import { render } from './render.ts';
import type { ChainId, Jump } from './rules.ts';
import { Ruleset } from './ruleset.ts';

const shared: ChainId = 'nat KUBE-SERVICES';
const own: ChainId = 'nat KUBE-SVC-A';

function ruleset(services: Readonly<Record<string, string>>): Ruleset {
  const rules = new Ruleset();
  rules.setBase(new Map([[shared, ['last']]]));
  for (const [key, rule] of Object.entries(services)) {
    rules.put(key, {
      own: new Map([[`nat KUBE-SVC-${key}`, [rule]] as const]),
      shared: new Map([[shared, [`to-${key}`]]]),
    });
  }
  return rules;
}
function thereAs(rules: Ruleset) {
  return new Map(rules.ids().map((id) => [id, rules.rulesOf(id)!] as const));
}

test('changesOf() edits a shared chain, and writes a Service’s own', (t) => {
  const there = thereAs(ruleset({ A: '1', B: '1' }));
  const now = ruleset({ A: '2', C: '1' });
  const ids = new Set([...now.ids(), ...there.keys()]);
  t.is(
    render(changesOf(ids, now, there)),
    [
      '*nat',
      ':KUBE-SVC-C - [0:0]',
      ':KUBE-SVC-B - [0:0]',
      ':KUBE-SVC-A - [0:0]',
      '-A KUBE-SVC-A 2',
      '-A KUBE-SVC-C 1',
      '-I KUBE-SERVICES to-C',
      '-D KUBE-SERVICES to-B',
      '-X KUBE-SVC-B',
      'COMMIT',
      '',
    ].join('\n'),
  );
});

test('changesOf() leaves a shared chain alone that has the same rules in another order', (t) => {
  const now = ruleset({ A: '1', B: '1' });
  t.deepEqual(changesOf([shared], now, new Map([[shared, ['to-B', 'to-A', 'last']]])), []);
});

test('changesOf() writes a shared chain anew whose end has changed', (t) => {
  const now = ruleset({ A: '1' });
  t.is(changesOf([shared], now, new Map([[shared, ['last', 'to-A']]]))[0]?.do, 'write');
});

test('Ruleset marks only chains whose rules differ', (t) => {
  const rules = ruleset({ A: '1', B: '1' });
  rules.takeDirty();
  rules.put('A', { own: new Map([[own, ['1']]]), shared: new Map([[shared, ['to-A']]]) });
  t.deepEqual([...rules.takeDirty()], []);
  rules.put('A', { own: new Map([[own, ['2']]]), shared: new Map([[shared, ['to-A']]]) });
  t.deepEqual([...rules.takeDirty()], [own]);
});

test('render() puts those who are led to before those who lead, also across transactions', (t) => {
  const rules = ruleset({ A: '1', B: '1' });
  const text = render(changesOf(rules.ids(), rules, new Map()), 1);
  t.deepEqual(
    [...text.matchAll(/^:(\S+)/gm)].map((match) => match[1]),
    ['KUBE-SVC-A', 'KUBE-SVC-B', 'KUBE-SERVICES'],
  );
  t.is(text.match(/COMMIT/g)?.length, 3);
});

test('jumpChanges() puts missing ways in before others, in their order, and takes old ones away', (t) => {
  const jumps: readonly Jump[] = [
    { table: 'filter', from: 'FORWARD', rule: '-j A' },
    { table: 'filter', from: 'FORWARD', rule: '-j B' },
    { table: 'filter', from: 'FORWARD', rule: '-j C', isLast: true },
  ];
  const there = [
    { table: 'filter', from: 'FORWARD', rule: '-j B' },
    { table: 'filter', from: 'FORWARD', rule: '-m old -j A' },
  ] as const;
  t.is(render(jumpChanges(jumps, [])), '*filter\n-A FORWARD -j C\n-I FORWARD -j B\n-I FORWARD -j A\nCOMMIT\n');
  t.is(
    render(jumpChanges(jumps, there)),
    '*filter\n-D FORWARD -m old -j A\n-A FORWARD -j C\n-I FORWARD -j A\nCOMMIT\n',
  );
});
