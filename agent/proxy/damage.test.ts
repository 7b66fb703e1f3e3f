import test, { type ExecutionContext } from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import type { ProxyMode } from './backend.ts';
import { createDamage, type Watch } from './damage.ts';
import type { FamilyProxy } from './family.ts';
import type { Ear } from './rule-events.ts';

const wanted = ['a', 'b', 'c'];
const place = 'ip nat KUBE-SERVICES';

interface World {
  readonly mode?: ProxyMode;
  readonly services?: number;
}

/** A kernel with three rules, a proxy that reads it only when it has forgotten what is there, and somebody who tells, or not. */
async function open(t: ExecutionContext, { mode = 'iptables', services = 10 }: World) {
  const [clock, stop, kernel] = [createFakeClock(), new AbortController(), new Set<string>()];
  let known: Set<string> | undefined;
  let [reads, looks, lateMs] = [0, 0, 0];
  const family: Pick<FamilyProxy, 'family' | 'forget' | 'isDamaged'> = {
    family: 4,
    forget: () => (known = undefined),
    async isDamaged() {
      looks++;
      return kernel.size === 0;
    },
  };
  let ear: Ear | undefined;
  let isUp = false;
  let end = () => {};
  let watches = 0;
  const watch: Watch = (to, signal) => {
    watches++;
    ear = to;
    return new Promise((resolve) => {
      end = () => {
        isUp = false;
        resolve();
      };
      signal.addEventListener('abort', end, { once: true });
    });
  };

  /** A change of our own: it takes a rule and puts it back, of which there is word, too. */
  async function change(): Promise<void> {
    damage.changing();
    if (known === undefined) {
      reads++;
      known = new Set(kernel);
    }
    const missing = wanted.filter((rule) => !known!.has(rule));
    damage.expectLosses(new Map([[place, 1]]));
    await clock.sleep(10, stop.signal);
    for (const rule of missing) kernel.add(rule);
    const tell = () => isUp && ear?.hears({ loss: 'ours', place });
    if (lateMs === 0) tell();
    else void clock.sleep(lateMs, stop.signal).then(tell, () => undefined);
    if (known !== undefined) known = new Set(wanted);
    damage.changed(true);
  }
  const damage = createDamage({
    mode,
    families: [family as FamilyProxy],
    watch,
    countServices: () => services,
    onForgotten: () =>
      void clock
        .sleep(2, stop.signal)
        .then(change)
        .catch(() => undefined),
    clock,
    log: createSilentLog(),
  });
  const running = damage.run(stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  t.teardown(() => {
    stop.abort();
    return running;
  });
  void change();
  await clock.advance(20);
  return {
    clock,
    kernel,
    damage,
    change,
    counts: () => ({ reads, looks, watches }),
    up() {
      isUp = true;
      ear!.isUp();
    },
    end: () => end(),
    /** Somebody takes a rule that may be a way in. */
    tellOfWayIn: () => ear!.hears({ loss: 'maybe', place: 'ip filter FORWARD' }),
    outdate: () => ear!.isOutdated(),
    /** Somebody takes a rule; `isTold`: and somebody listens. */
    take(rule: string, isTold = true) {
      kernel.delete(rule);
      if (isTold) ear!.hears({ loss: 'ours', place });
    },
    /** How late there is word of our own changes. */
    setLateMs: (ms: number) => (lateMs = ms),
  };
}

for (const mode of ['iptables', 'nftables', 'ipvs'] as const) {
  test(`createDamage() finds a rule that went before anybody listened: ${mode}`, async (t) => {
    const world = await open(t, { mode });
    world.take('a', false);
    world.up();
    await world.clock.advance(200);
    t.true(world.kernel.has('a'));
    t.is(world.counts().reads, 2);
  });

  test(`createDamage() finds a rule that went while the listener was started again: ${mode}`, async (t) => {
    const world = await open(t, { mode });
    world.up();
    await world.clock.advance(10_000);
    world.end();
    world.take('a', false);
    await world.clock.advance(2_000);
    t.is(world.counts().watches, 2);
    t.false(world.kernel.has('a'));
    world.up();
    await world.clock.advance(200);
    t.true(world.kernel.has('a'));
  });

  test(`createDamage() finds a rule that went amidst a change of our own: ${mode}`, async (t) => {
    const world = await open(t, { mode });
    world.up();
    await world.clock.advance(10_000);
    void world.change();
    world.take('a');
    await world.clock.advance(200);
    t.true(world.kernel.has('a'));
    for (let round = 0; round < 3; round++) {
      void world.change();
      world.take('b');
      await world.clock.advance(300);
      t.true(world.kernel.has('b'));
    }
    void world.change();
    world.take('b');
    await world.clock.advance(10_000);
    t.false(world.kernel.has('b'), 'all is read once in five seconds on average');
    await world.clock.advance(15_000);
    t.true(world.kernel.has('b'));
  });

  test(`createDamage() keeps listening while it has a rule put back, and hears of the next: ${mode}`, async (t) => {
    const world = await open(t, { mode });
    world.up();
    await world.clock.advance(10_000);
    world.take('a');
    await world.clock.advance(200);
    t.true(world.kernel.has('a'));
    await world.clock.advance(200);
    world.take('b');
    await world.clock.advance(100);
    t.true(world.kernel.has('b'));
    t.is(world.counts().watches, 1);
  });

  test(`createDamage() has nothing read anew for changes of our own: ${mode}`, async (t) => {
    const world = await open(t, { mode });
    world.up();
    await world.clock.advance(10_000);
    for (let round = 0; round < 20; round++) {
      world.setLateMs((round % 4) * 300);
      void world.change();
      await world.clock.advance(20 + round * 50);
    }
    await world.clock.advance(10_000);
    t.is(world.counts().reads, 2, 'the first one, and the one as it could be told');
  });
}

test('createDamage() reads no more often than rules go where Services are many', async (t) => {
  const world = await open(t, { mode: 'nftables', services: 2_001 });
  world.up();
  await world.clock.advance(10_000);
  void world.change();
  world.take('b');
  await world.clock.advance(20_000);
  t.is(world.counts().reads, 1, 'a look has to do');
  world.take('a');
  await world.clock.advance(100);
  t.is(world.kernel.size, 3);
  t.is(world.counts().watches, 2, 'so many rules of our own are not to be told');
  world.up();
  await world.clock.advance(20_000);
  t.is(world.counts().reads, 2);
});

test('createDamage() makes one look at a time, and another one for what is told meanwhile', async (t) => {
  const world = await open(t, {});
  world.up();
  await world.clock.advance(4_000);
  const { looks } = world.counts();
  for (let word = 0; word < 50; word++) world.tellOfWayIn();
  await world.clock.advance(100);
  t.is(world.counts().looks, looks + 2);
});

test('createDamage() reads nothing while nothing happens', async (t) => {
  const world = await open(t, {});
  world.up();
  await world.clock.advance(300);
  const { reads } = world.counts();
  await world.clock.advance(60_000);
  t.is(world.counts().reads, reads);
  t.is(world.counts().looks, 12);
});

test('createDamage() has all read, and somebody listen anew, after word of a set that nobody knows', async (t) => {
  const world = await open(t, { mode: 'nftables' });
  world.up();
  await world.clock.advance(1_000);
  world.take('a', false);
  world.outdate();
  world.outdate();
  await world.clock.advance(200);
  t.true(world.kernel.has('a'));
  await world.clock.advance(5_000);
  t.is(world.counts().watches, 2);
  world.up();
  await world.clock.advance(300);
  const { reads } = world.counts();
  await world.clock.advance(20_000);
  t.like(world.counts(), { reads, watches: 2 });
});

test('createDamage() has a flush found by a look where all was read often of late', async (t) => {
  const world = await open(t, {});
  world.up();
  await world.clock.advance(100);
  for (let round = 0; round < 4; round++) {
    void world.change();
    world.take('a');
    await world.clock.advance(200);
  }
  t.is(world.kernel.size, 3);
  void world.change();
  for (const rule of wanted) world.take(rule);
  await world.clock.advance(600);
  t.is(world.kernel.size, 3);
});
