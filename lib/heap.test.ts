import test from 'ava';
import { Heap } from './heap.ts';

function drain(heap: Heap<number>): readonly number[] {
  const all: number[] = [];
  for (let one = heap.pop(); one !== undefined; one = heap.pop()) all.push(one);
  return all;
}

test('Heap gives its least first', (t) => {
  const heap = new Heap<number>((a, b) => a < b);
  for (let i = 0; i < 100; i++) heap.push((i * 37) % 100);
  t.is(heap.size, 100);
  t.is(heap.peek(), 0);
  t.deepEqual(
    drain(heap),
    Array.from({ length: 100 }, (_, i) => i),
  );
  t.is(heap.pop(), undefined);
});

test('Heap keeps what it is told to', (t) => {
  const heap = new Heap<number>((a, b) => a < b);
  for (const one of [5, 2, 4, 1, 3]) heap.push(one);
  heap.keep((one) => one % 2 === 1);
  t.deepEqual(drain(heap), [1, 3, 5]);
});
