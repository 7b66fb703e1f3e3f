import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createController } from '#lib/controller.ts';
import { createSilentLog } from '#lib/log.ts';

function started(reconcile: (key: string) => Promise<number | undefined>) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const seen: { readonly key: string; readonly atMs: number }[] = [];
  const fromMs = clock.now();
  const controller = createController({
    name: 'test',
    clock,
    log: createSilentLog(),
    async reconcile(key) {
      seen.push({ key, atMs: clock.now() - fromMs });
      return await reconcile(key);
    },
  });
  const running = controller.run(stop.signal);
  return {
    clock,
    controller,
    seen,
    async stop() {
      stop.abort();
      await running;
    },
  };
}

test('createController() runs a key once more for whatever was added while it ran', async (t) => {
  const gate = Promise.withResolvers<undefined>();
  const { clock, controller, seen, stop } = started(() => gate.promise);
  controller.add('a');
  await clock.advance(0);
  controller.add('a');
  controller.add('a');
  await clock.advance(0);
  t.is(seen.length, 1);
  gate.resolve(undefined);
  await clock.advance(0);
  t.is(seen.length, 2);
  await stop();
});

test('createController() keeps the earliest of the times at which a key is to run again', async (t) => {
  const { clock, controller, seen, stop } = started(async () => undefined);
  controller.addAfter('a', 1_000);
  controller.addAfter('a', 5_000);
  controller.addAfter('a', 300);
  await clock.advance(10_000);
  t.deepEqual(seen, [{ key: 'a', atMs: 300 }]);
  await stop();
});

test('createController() tries a failed key again, later each time', async (t) => {
  let left = 3;
  const { clock, controller, seen, stop } = started(async () => {
    if (left-- > 0) throw new Error('not yet');
    return undefined;
  });
  controller.add('a');
  await clock.advance(0);
  await clock.advance(1_000);
  t.deepEqual(
    seen.map(({ atMs }) => atMs),
    [0, 5, 15, 35],
  );
  await stop();
});
