import test from 'ava';
import { createShared } from './shared.ts';

function setUp() {
  const shared = createShared<string>();
  const signals: AbortSignal[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const run = (signal: AbortSignal) => {
    signals.push(signal);
    return promise;
  };
  return { join: (signal: AbortSignal) => shared('a', run, signal), signals, resolve, reject };
}

test('createShared() does once what several wait for, and goes on when one of them gives up', async (t) => {
  const { join, signals, resolve } = setUp();
  const [first, second] = [new AbortController(), new AbortController()];
  const [one, two] = [join(first.signal), join(second.signal)];
  first.abort(new Error('the pod has to end'));
  await t.throwsAsync(one, { message: 'the pod has to end' });
  t.is(signals.length, 1);
  t.false(signals[0]!.aborted);
  resolve('done');
  t.is(await two, 'done');
});

test('createShared() gives up what nobody waits for, and begins anew for the next', async (t) => {
  const { join, signals } = setUp();
  const only = new AbortController();
  const waiting = join(only.signal);
  only.abort(new Error('gone'));
  await t.throwsAsync(waiting, { message: 'gone' });
  t.true(signals[0]!.aborted);
  void join(new AbortController().signal);
  t.is(signals.length, 2);
});

test('createShared() tells all who wait of a failure, and tries again for the next', async (t) => {
  const { join, signals, reject } = setUp();
  const { signal } = new AbortController();
  const both = [join(signal), join(signal)];
  reject(new Error('no such image'));
  for (const one of both) await t.throwsAsync(one, { message: 'no such image' });
  await t.throwsAsync(join(signal));
  t.is(signals.length, 2);
});
