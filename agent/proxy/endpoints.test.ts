import test from 'ava';
import type { Endpoint } from '#lib/api/types/discovery.v1.ts';
import { chooseTargets, type TargetFacts } from './endpoints.ts';
import { exampleEndpoint, exampleSlice } from './example.ts';

const facts: TargetFacts = {
  nodeName: 'node-1',
  zone: 'zone-a',
  family: 4,
  portName: 'http',
  protocol: 'TCP',
  usesCluster: true,
  usesLocal: true,
};
const ready = { ready: true, serving: true, terminating: false };
const leaving = { ready: false, serving: true, terminating: true };
const gone = { ready: false, serving: false, terminating: true };
const at = (ip: string, node: string, rest: Partial<Endpoint> = {}) => exampleEndpoint(ip, node, rest);

const chooses = test.macro<[string, readonly Endpoint[], readonly string[], readonly string[], Partial<TargetFacts>?]>({
  title: (_title, what) => `chooseTargets() ${what}`,
  exec(t, _what, endpoints, cluster, local, change) {
    const targets = chooseTargets([exampleSlice('web', endpoints)], { ...facts, ...change });
    t.deepEqual(
      targets.cluster.map(({ address }) => address),
      cluster,
    );
    t.deepEqual(
      targets.local.map(({ address }) => address),
      local,
    );
  },
});

test(
  chooses,
  'takes who is ready',
  [at('10.0.0.1', 'node-1'), at('10.0.0.2', 'node-2')],
  ['10.0.0.1', '10.0.0.2'],
  ['10.0.0.1'],
);
test(
  chooses,
  'takes conditions that nobody stated for good ones',
  [at('10.0.0.1', 'node-1', { conditions: undefined })],
  ['10.0.0.1'],
  ['10.0.0.1'],
);
test(
  chooses,
  'leaves those who are leaving alone while others are ready',
  [at('10.0.0.1', 'node-1', { conditions: leaving }), at('10.0.0.2', 'node-1')],
  ['10.0.0.2'],
  ['10.0.0.2'],
);
test(
  chooses,
  'falls back on those who are leaving, on each side by itself',
  [
    at('10.0.0.1', 'node-1', { conditions: leaving }),
    at('10.0.0.2', 'node-2'),
    at('10.0.0.3', 'node-1', { conditions: gone }),
  ],
  ['10.0.0.2'],
  ['10.0.0.1'],
);
test(chooses, 'has nobody if nobody serves', [at('10.0.0.1', 'node-1', { conditions: gone })], [], []);
test(chooses, 'chooses nobody of the cluster for who may not go there', [at('10.0.0.1', 'node-1')], [], ['10.0.0.1'], {
  usesCluster: false,
});
const hinted = (ip: string, zone: string) => at(ip, 'node-2', { hints: { forZones: [{ name: zone }] } });
test(
  chooses,
  'follows hints for the zone',
  [hinted('10.0.0.1', 'zone-a'), hinted('10.0.0.2', 'zone-b')],
  ['10.0.0.1'],
  [],
);
test(
  chooses,
  'follows no hints if one is missing',
  [hinted('10.0.0.1', 'zone-a'), at('10.0.0.2', 'node-2')],
  ['10.0.0.1', '10.0.0.2'],
  [],
);
test(chooses, 'follows no hints if none is for here', [hinted('10.0.0.1', 'zone-b')], ['10.0.0.1'], []);
const forNode = (ip: string, node: string) => at(ip, node, { hints: { forNodes: [{ name: node }] } });
test(
  chooses,
  'follows hints for the node',
  [forNode('10.0.0.1', 'node-1'), forNode('10.0.0.2', 'node-2')],
  ['10.0.0.1'],
  ['10.0.0.1'],
);
test(chooses, 'knows nobody of the other family', [at('10.0.0.1', 'node-1')], [], [], { family: 6 });
test(chooses, 'knows nobody of another port', [at('10.0.0.1', 'node-1')], [], [], { portName: 'https' });
test(chooses, 'knows nobody of another protocol', [at('10.0.0.1', 'node-1')], [], [], { protocol: 'UDP' });

test('chooseTargets() takes an endpoint once that two slices name, ready if either says so', (t) => {
  const slices = [
    exampleSlice('web', [at('10.0.0.1', 'node-1', { conditions: gone })], { name: 'a' }),
    exampleSlice('web', [at('10.0.0.1', 'node-1', { conditions: ready })], { name: 'b' }),
  ];
  t.is(chooseTargets(slices, facts).cluster.length, 1);
});

test('chooseTargets() does not count those who are leaving among the ready', (t) => {
  const { localReadyCount, local, hasAny } = chooseTargets(
    [exampleSlice('web', [at('10.0.0.1', 'node-1', { conditions: leaving })])],
    facts,
  );
  t.deepEqual([localReadyCount, local.length, hasAny], [0, 1, true]);
});
