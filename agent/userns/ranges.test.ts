import test from 'ava';
import { UserRanges } from './ranges.ts';

const unit = 65_536;
const create = (pods = 3) => new UserRanges({ firstId: unit, length: pods * unit }, unit, pods);

test('UserRanges.take() gives each pod a part of its own, the same one each time', (t) => {
  const ranges = create();
  t.deepEqual(ranges.take('a'), { firstId: unit, length: unit });
  t.deepEqual(ranges.take('b'), { firstId: 2 * unit, length: unit });
  t.deepEqual(ranges.take('a'), { firstId: unit, length: unit });
  t.deepEqual(ranges.of('b'), { firstId: 2 * unit, length: unit });
  t.is(ranges.of('c'), undefined);
});

test('UserRanges.take() gives what was released, and nothing when all is taken', (t) => {
  const ranges = create(2);
  ranges.take('a');
  ranges.take('b');
  t.throws(() => ranges.take('c'), { message: 'could not find an empty slot to allocate a user namespace' });
  ranges.release('a');
  ranges.release('nobody');
  t.is(ranges.take('c').firstId, unit);
});

test('UserRanges.take() leaves alone what was recorded', (t) => {
  const ranges = create();
  ranges.record('old', { firstId: unit, length: unit });
  ranges.record('old', { firstId: unit, length: unit });
  t.is(ranges.take('new').firstId, 2 * unit);
  t.is(ranges.take('old').firstId, unit);
});

const refuses = test.macro<[string, { readonly firstId: number; readonly length: number }, string]>({
  title: (_title, _uid, _ids, message) => `UserRanges.record() refuses: ${message}`,
  exec(t, uid, ids, message) {
    const ranges = create();
    ranges.record('a', { firstId: 2 * unit, length: unit });
    t.throws(() => ranges.record(uid, ids), { message });
  },
});
test(refuses, 'b', { firstId: unit, length: 2 * unit }, 'wrong user namespace length 131072');
test(refuses, 'b', { firstId: unit + 1, length: unit }, 'wrong user namespace offset specified 65537');
test(refuses, 'a', { firstId: unit, length: unit }, 'different user namespace range already used by pod "a"');
test(refuses, 'b', { firstId: 0, length: unit }, 'id 0 is out of range');
test(refuses, 'b', { firstId: 4 * unit, length: unit }, 'id 262144 is out of range');
test(refuses, 'b', { firstId: 2 * unit, length: unit }, 'range picked for pod "b" already taken');

const useless = test.macro<[number, number, number, string]>({
  title: (_title, _first, _length, _perPod, message) => `UserRanges refuses ids: ${message}`,
  exec(t, firstId, length, perPod, message) {
    t.throws(() => new UserRanges({ firstId, length }, perPod, 2), { message });
  },
});
test(useless, unit, 4 * unit, unit + 1, 'kubelet user namespace length 65537 is not a multiple of 65536');
test(useless, unit, 4 * unit, 0, 'kubelet user namespace length 0 is not a multiple of 65536');
test(useless, unit + 1, 4 * unit, unit, 'kubelet user assigned ID 65537 is not a multiple of 65536');
test(useless, 0, 4 * unit, unit, 'kubelet user assigned ID 0 must be greater or equal to 65536');
test(useless, unit, unit + 1, unit, 'kubelet user assigned IDs length 65537 is not a multiple of 65536');
test(useless, unit, unit, unit, 'kubelet user assigned IDs are not enough to support 2 pods');
