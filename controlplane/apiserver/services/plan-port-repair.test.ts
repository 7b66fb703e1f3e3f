import test from 'ava';
import type { Service } from '#lib/api/types/core.v1.ts';
import { planPortRepair } from './plan-port-repair.ts';
import type { PortKey } from './port-keys.ts';

const ports = { first: 30_000, size: 2768 };

function service(name: string, nodePort: number): Service {
  const metadata = { name, namespace: 'default', uid: name };
  return { metadata, spec: { type: 'NodePort', ports: [{ port: 80, nodePort }] }, status: {} };
}

const repairs = test.macro<
  [readonly Service[], readonly PortKey[] | undefined, readonly string[], string[]?, (readonly number[])?]
>({
  title: (title) => `planPortRepair() ${title}`,
  exec(t, services, keys, steps, doubtful = [], mapped = undefined) {
    const map = mapped === undefined ? {} : { mapped: new Set(mapped) };
    const facts = { services, ports, doubtful: new Set(doubtful), ...map };
    const plan = planPortRepair(keys === undefined ? facts : { ...facts, keys });
    const said = plan.map((one) =>
      [one.do, 'port' in one ? one.port : '', 'why' in one ? one.why.message : ''].join(' '),
    );
    t.deepEqual(
      said.map((text) => text.replaceAll(/ +/g, ' ').trim()),
      steps,
    );
  },
});

test('leaves what fits', repairs, [service('a', 30_001)], [{ port: 30_001, uid: 'a' }], []);
test('asks for no keys where there are none', repairs, [service('a', 30_001)], undefined, []);
test(
  'takes what is not taken',
  repairs,
  [service('a', 30_001)],
  [],
  ['take 30001 Port 30001 is not allocated; repairing'],
);
test(
  'complains of a port out of range',
  repairs,
  [service('a', 80)],
  [],
  ['complain Port 80 is not within the port range 30000-32767; please recreate service'],
);
test(
  'complains of a port of two',
  repairs,
  [service('a', 30_001), service('b', 30_001)],
  [{ port: 30_001, uid: 'a' }],
  ['complain Port 30001 was assigned to multiple services; please recreate service'],
);
test('waits before it gives back', repairs, [], [{ port: 30_001, uid: 'a' }], ['doubt 30001']);
test('gives back what nobody has for long', repairs, [], [{ port: 30_001, uid: 'a' }], ['give 30001'], ['30001 a']);
test(
  'turns a key around in two steps',
  repairs,
  [service('b', 30_001)],
  [{ port: 30_001, uid: 'a' }],
  ['give 30001'],
  ['30001 a'],
);
test('adopts what upstream gave away', repairs, [service('a', 30_001)], [], ['adopt 30001'], [], [30_001]);
test(
  'notes in the map what only a key says',
  repairs,
  [service('a', 30_001)],
  [{ port: 30_001, uid: 'a' }],
  ['adopt 30001'],
  [],
  [],
);
test('leaves what both say', repairs, [service('a', 30_001)], [{ port: 30_001, uid: 'a' }], [], [], [30_001]);
test('doubts what only the map has', repairs, [], [], ['doubt 30001'], [], [30_001]);
test('gives back what only the map has for long', repairs, [], [], ['give 30001'], ['30001 '], [30_001]);
test(
  'complains of what neither has',
  repairs,
  [service('a', 30_001)],
  [],
  ['take 30001 Port 30001 is not allocated; repairing'],
  [],
  [],
);
