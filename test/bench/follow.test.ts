import test from 'ava';
import { createCutter, packed } from './follow.ts';

test('createCutter() hands on whole frames, however they come', (t) => {
  const bytes = Buffer.from([0, 0, 3, 0, 1, 0, 0, 0, 5, 97, 98, 99, 0, 0, 0, 4, 1, 0, 0, 0, 0]);
  for (let size = 1; size <= bytes.length; size++) {
    const seen: unknown[] = [];
    const cut = createCutter((type, flags, id, body) => seen.push([type, flags, id, body.toString()]));
    for (let at = 0; at < bytes.length; at += size) cut(bytes.subarray(at, at + size));
    t.deepEqual(seen, [
      [0, 1, 5, 'abc'],
      [4, 1, 0, ''],
    ]);
  }
});

test('packed() writes the length of a long text in several bytes', (t) => {
  const bytes = packed({ a: 'x'.repeat(300) });
  t.deepEqual([...bytes.subarray(0, 6)], [0, 1, 97, 127, 0xad, 0x01]);
  t.is(bytes.length, 6 + 300);
});
