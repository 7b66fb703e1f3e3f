import test from 'ava';
import { shareReads } from './share.ts';

test('shareReads() gives who asks while one is under way the next one, and that to all', async (t) => {
  const reads: PromiseWithResolvers<number>[] = [];
  const newest = shareReads(() => {
    const read = Promise.withResolvers<number>();
    reads.push(read);
    return read.promise;
  });
  const first = newest();
  const [second, third] = [newest(), newest()];
  t.is(reads.length, 1);
  reads[0]!.resolve(1);
  t.is(await first, 1);
  await Promise.resolve();
  t.is(reads.length, 2, 'one for both: it began after they asked');
  reads[1]!.resolve(2);
  t.deepEqual(await Promise.all([second, third]), [2, 2]);
});

test('shareReads() goes on after one that failed', async (t) => {
  let count = 0;
  const newest = shareReads(async () => {
    count++;
    if (count === 1) throw new Error('lost');
    return count;
  });
  const [first, second] = [newest(), newest()];
  await t.throwsAsync(first, { message: 'lost' });
  t.is(await second, 2);
  t.is(await newest(), 3);
});
