import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { pushed, type Sink } from '../pushed.ts';
import { sendBody } from './send.ts';

/** A client that takes one write at a time, when it is told to. */
function client() {
  const writes: string[] = [];
  const taken: (() => void)[] = [];
  const target = new Writable({
    highWaterMark: 4,
    write(piece, _encoding, done) {
      writes.push(String(piece));
      taken.push(done);
    },
    writev(pieces, done) {
      writes.push(pieces.map(({ chunk }) => String(chunk)).join('+'));
      taken.push(done);
    },
  });
  return { target, writes, take: () => taken.shift()?.() };
}

function source() {
  const calls: string[] = [];
  let sink: Sink | undefined;
  const body = pushed((taking) => {
    sink = taking;
    return { resume: () => calls.push('resume'), stop: () => calls.push('stop') };
  });
  return { body, calls, sink: () => sink! };
}

test('sendBody() hands over several pieces as one write, and asks for more when they are taken', async (t) => {
  const { target, writes, take } = client();
  const { body, calls, sink } = source();
  const sent = sendBody(target, body);
  t.true(sink().write([Buffer.from('a')]));
  take();
  t.false(sink().write([Buffer.from('bb'), Buffer.from('cc')]));
  t.deepEqual(writes, ['a', 'bb+cc']);
  t.deepEqual(calls, []);
  take();
  await turn();
  t.deepEqual(calls, ['resume']);
  sink().end();
  await sent;
  await turn();
  t.true(target.writableFinished);
});

test('sendBody() stops the source when the client goes away, and rejects when the source breaks off', async (t) => {
  const gone = client();
  const { body, calls, sink } = source();
  const sent = sendBody(gone.target, body);
  gone.target.destroy();
  await sent;
  t.deepEqual(calls, ['stop']);
  t.false(sink().write([Buffer.from('a')]));
  t.deepEqual(gone.writes, []);
  const broken = source();
  const failed = sendBody(client().target, broken.body);
  broken.sink().fail(new Error('lost'));
  await t.throwsAsync(failed, { message: 'lost' });
});

test('sendBody() sends a large body bit by bit, as fast as the client takes it', async (t) => {
  const body = Buffer.alloc(2_200_000, 'abc');
  const seen: Buffer[] = [];
  let others = 0;
  const target = new Writable({
    write(piece, _encoding, done) {
      seen.push(piece);
      setImmediate(() => {
        others += 1;
        done();
      });
    },
  });
  await sendBody(target, body);
  await finished(target);
  t.deepEqual(
    seen.map(({ length }) => length),
    [524_288, 524_288, 524_288, 524_288, 102_848],
  );
  t.true(Buffer.concat(seen).equals(body));
  t.is(others, 5);
});
