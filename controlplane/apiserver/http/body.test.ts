import { PassThrough } from 'node:stream';
import test from 'ava';
import { StatusError } from '#lib/api/status.ts';
import { createFakeClock } from '#lib/clock.ts';
import { readBody } from './body.ts';

const options = () => ({ limitBytes: 10, declaredBytes: undefined, clock: createFakeClock() });

test('readBody() joins the pieces', async (t) => {
  const stream = new PassThrough();
  const body = readBody(stream, options());
  stream.write('one');
  stream.end('two');
  t.is(Buffer.from(await body).toString(), 'onetwo');
});

test('readBody() refuses by the declared length without reading', async (t) => {
  const error = await t.throwsAsync<StatusError>(readBody(new PassThrough(), { ...options(), declaredBytes: 11 }));
  t.is(error?.code, 413);
});

test('readBody() refuses what is longer than it may be, and leaves no listener', async (t) => {
  const stream = new PassThrough();
  const body = readBody(stream, options());
  stream.write('12345678901');
  t.is((await t.throwsAsync<StatusError>(body))?.reason, 'RequestEntityTooLarge');
  t.is(stream.listenerCount('data'), 0);
});

test('readBody() gives up on a body that drips', async (t) => {
  const clock = createFakeClock();
  const stream = new PassThrough();
  const body = readBody(stream, { ...options(), clock });
  const failed = t.throwsAsync<StatusError>(body, { instanceOf: StatusError });
  for (let second = 0; second < 6; second += 1) {
    stream.write('a');
    await clock.advance(10_000);
  }
  t.is((await failed)?.code, 504);
});

test('readBody() notices that the client has left', async (t) => {
  const stream = new PassThrough();
  const body = readBody(stream, options());
  stream.write('a');
  stream.destroy();
  t.is((await t.throwsAsync<StatusError>(body))?.code, 400);
});
