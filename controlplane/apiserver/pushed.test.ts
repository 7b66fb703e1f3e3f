import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { pushed, type Sink } from './pushed.ts';

/** A source that gives what it is told to. */
function source() {
  const calls: string[] = [];
  let sink: Sink | undefined;
  const body = pushed((taking) => {
    sink = taking;
    return { resume: () => calls.push('resume'), stop: () => calls.push('stop') };
  });
  const pieces = body[Symbol.asyncIterator]() as AsyncGenerator<Uint8Array>;
  return { calls, pieces, sink: () => sink! };
}

test('pushed() is pulled piece by piece, and goes on when all have been taken', async (t) => {
  const { calls, pieces, sink } = source();
  const first = pieces.next();
  t.false(sink().write([Buffer.from('a'), Buffer.from('b')]));
  t.is(String((await first).value), 'a');
  t.is(String((await pieces.next()).value), 'b');
  t.deepEqual(calls, []);
  const third = pieces.next();
  await turn();
  t.deepEqual(calls, ['resume']);
  sink().write([Buffer.from('c')]);
  sink().end();
  t.is(String((await third).value), 'c');
  t.true((await pieces.next()).done);
  t.is(calls.at(-1), 'stop');
});

test('pushed() throws what went wrong at whoever pulls, and stops when nobody does', async (t) => {
  const broken = source();
  const next = broken.pieces.next();
  broken.sink().fail(new Error('lost'));
  await t.throwsAsync(next, { message: 'lost' });
  const left = source();
  const piece = left.pieces.next();
  left.sink().write([Buffer.from('a')]);
  await piece;
  await left.pieces.return(undefined);
  t.is(left.calls.at(-1), 'stop');
});
