import test from 'ava';
import { slowStart } from './slow-start.ts';

test('slowStart() doubles its batches', async (t) => {
  const done: number[] = [];
  t.deepEqual(await slowStart(5, async (i) => void done.push(i)), { done: 5 });
  t.deepEqual(done, [0, 1, 2, 3, 4]);
  t.deepEqual(await slowStart(0, async () => t.fail()), { done: 0 });
});

test('slowStart() stops after the batch in which one failed', async (t) => {
  const error = new Error('no');
  const asked: number[] = [];
  const result = await slowStart(20, async (i) => {
    asked.push(i);
    if (i === 1) throw error;
  });
  t.deepEqual(result, { done: 2, error });
  t.deepEqual(asked, [0, 1, 2]);
});
