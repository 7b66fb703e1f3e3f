import test from 'ava';
import { createFakeCri } from '#cri/fake.ts';
import { containerConfig, sandboxConfig } from '#cri/suite.ts';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { podUidLabel } from './annotations.ts';
import { createObserver } from './observer.ts';

async function setUp() {
  const clock = createFakeClock();
  const cri = createFakeCri(clock);
  cri.addImage('busybox:1');
  const changed: string[] = [];
  const observer = createObserver({
    runtime: cri.runtime,
    lastWords: async () => 'last words',
    onChange: (podUid) => changed.push(podUid),
    isBusy: () => true,
    clock,
    log: createSilentLog(),
  });
  const life = new AbortController();
  const { signal } = life;

  async function makePod(uid: string) {
    const sandbox = { ...sandboxConfig(uid), labels: { [podUidLabel]: uid } };
    const sandboxId = await cri.runtime.runSandbox(sandbox, '', signal);
    const config = { ...containerConfig(uid, 'busybox:1', ''), labels: { [podUidLabel]: uid } };
    const id = await cri.runtime.createContainer(sandboxId, config, sandbox, signal);
    await cri.runtime.startContainer(id, signal);
    return { sandboxId, id };
  }
  return { clock, cri, changed, observer, life, signal, makePod };
}

test('what ran before is known with the first list', async (t) => {
  const { observer, signal, makePod, life } = await setUp();
  const { sandboxId, id } = await makePod('u1');
  const running = observer.run(signal);
  await observer.synced;
  t.deepEqual(observer.uids(), ['u1']);
  t.is(observer.of('u1').sandboxes[0]?.id, sandboxId);
  t.like(observer.of('u1').containers[0], { id, state: 'running', sandboxId });
  life.abort();
  await running;
});

test('the end of a container is seen with the next list, with its last words', async (t) => {
  const { observer, signal, makePod, life, clock, cri, changed } = await setUp();
  const { id } = await makePod('u1');
  const running = observer.run(signal);
  await observer.synced;
  changed.length = 0;
  await clock.advance(1_000);
  t.deepEqual(changed, []);
  cri.exit(id, 3);
  await clock.advance(1_000);
  t.deepEqual(changed, ['u1']);
  t.like(observer.of('u1').containers[0], { state: 'exited', exitCode: 3, message: 'last words' });
  life.abort();
  await running;
});

test('a container that was killed is looked at once more: why may be known later than that', async (t) => {
  const { observer, signal, makePod, life, clock, cri, changed } = await setUp();
  const { id } = await makePod('u1');
  const other = await makePod('u2');
  const running = observer.run(signal);
  await observer.synced;
  cri.exit(id, 137);
  cri.exit(other.id, 137);
  await clock.advance(700);
  t.is(observer.of('u1').containers[0]?.reason, 'Error');
  changed.length = 0;
  cri.exit(id, 137, 'OOMKilled');
  await clock.advance(2_500);
  t.is(observer.of('u1').containers[0]?.reason, 'OOMKilled');
  t.deepEqual([...changed].sort(), ['u1', 'u2']); // once each
  cri.exit(other.id, 137, 'OOMKilled');
  await clock.advance(2_500);
  t.is(observer.of('u2').containers[0]?.reason, 'Error'); // too late: what is over is not read for ever
  life.abort();
  await running;
});

test('an end is seen at once where the runtime tells of it, even before it shows it; then it is listed seldom', async (t) => {
  const { observer, signal, makePod, life, clock, cri, changed } = await setUp();
  const { id } = await makePod('u1');
  let tell = Promise.withResolvers<void>();
  Object.assign(cri.runtime, {
    async *events(by: AbortSignal) {
      while (!by.aborted) {
        await tell.promise;
        tell = Promise.withResolvers();
        if (!by.aborted) yield { type: 'stopped', containerId: id, podUid: '' };
      }
    },
  });
  const running = observer.run(signal);
  await observer.synced;
  await clock.advance(10_000);
  const lists = () => cri.calls.filter((call) => call.startsWith('listSandboxes')).length;
  const before = lists();
  await clock.advance(60_000);
  t.is(lists() - before, 12);
  changed.length = 0;
  tell.resolve();
  await clock.advance(100);
  t.deepEqual(changed, []);
  cri.exit(id, 3);
  await clock.advance(100);
  t.deepEqual(changed, ['u1']);
  t.like(observer.of('u1').containers[0], { state: 'exited', exitCode: 3 });
  const after = lists();
  await clock.advance(4_000);
  t.true(lists() - after <= 1);
  life.abort();
  tell.resolve();
  await running;
});

test('lists take over at once when the stream of events breaks', async (t) => {
  const { observer, signal, makePod, life, clock, cri, changed } = await setUp();
  const { id } = await makePod('u1');
  const broken = Promise.withResolvers<never>();
  // biome-ignore lint/correctness/useYield: it breaks before it tells anything
  const events = async function* () {
    await broken.promise;
  };
  Object.assign(cri.runtime, { events });
  const running = observer.run(signal);
  await observer.synced;
  await clock.advance(10_100);
  changed.length = 0;
  cri.exit(id, 0);
  await clock.advance(1_000);
  t.deepEqual(changed, []);
  broken.reject(new Error('the runtime is away'));
  await clock.advance(0);
  t.deepEqual(changed, ['u1']);
  life.abort();
  await running;
});

test('what was noted after a list began is not undone by it', async (t) => {
  const { observer, signal, makePod, cri } = await setUp();
  const list = cri.runtime.listContainers;
  const gate = Promise.withResolvers<void>();
  cri.runtime.listContainers = async (...words) => {
    const listed = await list(...words);
    await gate.promise;
    return listed;
  };
  const looking = observer.refresh('u1', signal); // sees nothing
  const { sandboxId, id } = await makePod('u1');
  observer.noteSandbox(await cri.runtime.sandboxStatus(sandboxId, signal));
  await observer.noteContainer(sandboxId, id, signal);
  gate.resolve();
  await looking;
  t.is(observer.of('u1').sandboxes.length, 1);
  t.is(observer.of('u1').containers.length, 1);
});

test('what is removed is forgotten', async (t) => {
  const { observer, signal, makePod, cri } = await setUp();
  const { sandboxId } = await makePod('u1');
  t.is((await observer.refresh('u1', signal)).containers.length, 1);
  await cri.runtime.removeSandbox(sandboxId, signal);
  t.deepEqual(await observer.refresh('u1', signal), { sandboxes: [], containers: [] });
  t.deepEqual(observer.uids(), []);
});

test('a runtime that is away for a while is found again', async (t) => {
  const { observer, signal, makePod, life, clock, cri } = await setUp();
  const running = observer.run(signal);
  await observer.synced;
  for (let times = 0; times < 3; times++) {
    cri.failNext('listSandboxes', new Error('away'));
    await clock.advance(1_000);
  }
  await makePod('u2');
  await clock.advance(1_000);
  t.deepEqual(observer.uids(), ['u2']);
  life.abort();
  await running;
});

test('an end is told although what is listed after it could not be read', async (t) => {
  const { observer, signal, makePod, life, clock, cri, changed } = await setUp();
  const [first, second] = [await makePod('u1'), await makePod('u2')];
  const running = observer.run(signal);
  await observer.synced;
  changed.length = 0;
  cri.exit(first.id, 0);
  cri.exit(second.id, 0);
  const { containerStatus } = cri.runtime;
  let isBroken = true;
  Object.assign(cri.runtime, {
    containerStatus: (id: string, by: AbortSignal) => {
      if (id === second.id && isBroken) return Promise.reject(new Error('cannot be read'));
      return containerStatus(id, by);
    },
  });
  await clock.advance(1_000);
  t.deepEqual([...new Set(changed)], ['u1']);
  isBroken = false;
  await clock.advance(1_000);
  t.deepEqual([...new Set(changed)], ['u1', 'u2']);
  life.abort();
  await running;
});
