import test from 'ava';
import { createLines } from './follow.ts';
import { createCutter, isSuccess, packed } from './frames.ts';

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

test('createLines() hands on whole lines, however they come', (t) => {
  const text = 'one\n\nthree\nfo';
  for (let size = 1; size <= text.length; size++) {
    const seen: string[] = [];
    const cut = createLines((line) => seen.push(line.toString()));
    const piece = Buffer.alloc(size);
    for (let at = 0; at < text.length; at += size) cut(piece.subarray(0, piece.write(text.slice(at, at + size))));
    t.deepEqual(seen, ['one', '', 'three']);
  }
});

test('isSuccess() knows a status however it is written', (t) => {
  const heads = {
    '200, indexed': [0x88],
    '201, in Huffman’s code, kept': [0x48, 0x82, 0x10, 0x03],
    '201, named by the last of the table': [0x0e, 0x82, 0x10, 0x03],
    '201, not kept': [0x08, 0x03, 0x32, 0x30, 0x31],
    '201, never kept, after an update of the table': [0x20, 0x18, 0x82, 0x10, 0x03],
  };
  for (const [name, head] of Object.entries(heads)) t.true(isSuccess(Buffer.from(head)), name);
  const failures = {
    '404, indexed': [0x8d],
    '409, as it is': [0x08, 0x03, 0x34, 0x30, 0x39],
    '409, in Huffman’s code': [0x48, 0x82, 0x68, 0x1f],
    '500, indexed': [0x8e],
    'another field': [0x07, 0x03, 0x32, 0x30, 0x30],
  };
  for (const [name, head] of Object.entries(failures)) t.false(isSuccess(Buffer.from(head)), name);
});
