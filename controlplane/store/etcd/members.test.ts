// What a server does about a member that stands still, is cut off, or has lost its leader: members that are played, on fake time.
import { status as codes } from '@grpc/grpc-js';
import test from 'ava';
import { createFakeClock, type FakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import type { Channel, Method } from './channel.ts';
import { EtcdError } from './errors.ts';
import { createMembers } from './members.ts';

const never = new AbortController().signal;
const led = { leader: '7', raftTerm: '3' };

test('call() leaves a member that stands still for one that answers, within a second or so', async (t) => {
  const { clock, played, members } = three();
  played[0].stands = true;
  const { left } = members.current();
  const took = timed(clock, members.call('KV/Txn', {}, never));
  await pass(clock, 1_100);
  t.deepEqual(await took, { answer: 'etcd-2', tries: 2, tookMs: 1_020 });
  t.true(left.aborted, 'watches move, too');
  t.is(members.current().channel.url, 'etcd-2');
  const next = timed(clock, members.call('KV/Range', {}, never));
  t.like(await next, { answer: 'etcd-2', tries: 1, tookMs: 0 });
});

test('call() waits for a member that is slow, and tells of itself', async (t) => {
  const { clock, played, members } = three();
  played[0].delayMs = 2_400;
  const took = timed(clock, members.call('KV/Txn', {}, never));
  await pass(clock, 2_500);
  t.deepEqual(await took, { answer: 'etcd-1', tries: 1, tookMs: 2_400 });
  t.is(members.current().channel.url, 'etcd-1');
});

test('call() stays where nobody answers: a pause of this machine is no fault of theirs', async (t) => {
  const { clock, played, members } = three();
  for (const one of played) one.stands = true;
  const took = timed(clock, members.call('KV/Range', {}, never));
  await pass(clock, 2_000);
  t.is(members.current().channel.url, 'etcd-1');
  for (const one of played) one.stands = false;
  await pass(clock, 2_000);
  t.like(await took, { answer: 'etcd-2' }); // the first was asked in vain for 2.5 s
});

test('call() asks again what was proposed to a leader that is gone, as soon as there is another one', async (t) => {
  const { clock, played, members } = three();
  for (const one of played) one.loses = true; // what is proposed goes to the leader that is gone
  const write = timed(clock, members.call('KV/Txn', {}, never));
  await pass(clock, 1_500);
  for (const one of played) Object.assign(one, { loses: false, status: { leader: '8', raftTerm: '4' } });
  await pass(clock, 400);
  const { answer, tries, tookMs } = await write;
  t.deepEqual({ answer, tries }, { answer: 'etcd-1', tries: 2 }, 'of the same member');
  t.true(tookMs <= 1_800, String(tookMs));
});

test('call() asks the same member again that says that the leader has changed, and that there is none', async (t) => {
  const { clock, played, members } = three();
  played[0].fails = new EtcdError({ code: codes.UNAVAILABLE, details: 'etcdserver: leader changed' });
  const took = timed(clock, members.call('KV/Range', {}, never));
  await pass(clock, 0);
  played[0].fails = undefined;
  await pass(clock, 20);
  t.deepEqual(await took, { answer: 'etcd-1', tries: 2, tookMs: 20 });
  const noLeader = new EtcdError({ code: codes.UNAVAILABLE, details: 'etcdserver: no leader' });
  for (const one of played) one.fails = noLeader;
  const later = timed(clock, members.call('KV/Range', {}, never));
  await pass(clock, 1_400);
  for (const one of played) one.fails = undefined;
  await pass(clock, 200);
  t.like(await later, { answer: 'etcd-1' });
});

test('call() leaves a member without a leader for one that has one', async (t) => {
  const { clock, played, members } = three();
  played[0].fails = new EtcdError({ code: codes.UNAVAILABLE, details: 'etcdserver: no leader' });
  const took = timed(clock, members.call('KV/Range', {}, never));
  await pass(clock, 100);
  t.like(await took, { answer: 'etcd-2', tookMs: 20 });
});

test('call() prefers members that have not failed', async (t) => {
  const { clock, played, members } = three();
  const gone = new EtcdError({ code: codes.UNAVAILABLE, details: 'No connection established' });
  Object.assign(played[0], { fails: gone });
  Object.assign(played[1], { fails: gone });
  const took = members.call('KV/Range', {}, never);
  await pass(clock, 100);
  t.is((await took).answer, 'etcd-3');
  played[2].fails = gone;
  Object.assign(played[0], { fails: undefined });
  const back = members.call('KV/Range', {}, never);
  await pass(clock, 100);
  t.is((await back).answer, 'etcd-1');
  Object.assign(played[0], { fails: gone });
  Object.assign(played[2], { fails: undefined });
  played[1].stands = true;
  const third = members.call('KV/Range', {}, never);
  await pass(clock, 3_000);
  t.is((await third).answer, 'etcd-3');
});

test('who has just moved is more patient', async (t) => {
  const { clock, played, members } = three();
  played[0].stands = true;
  const first = members.call('KV/Range', {}, never);
  await pass(clock, 1_100);
  t.is((await first).answer, 'etcd-2');
  played[1].stands = true;
  const second = timed(clock, members.call('KV/Range', {}, never));
  await pass(clock, 1_900);
  t.is(members.current().channel.url, 'etcd-2');
  await pass(clock, 200);
  t.like(await second, { answer: 'etcd-3', tookMs: 2_020 });
});

test('goHome() asks the first again that is well, and lets what is under way end where it began', async (t) => {
  const { clock, played, members } = three();
  played[0].stands = true;
  const first = members.call('KV/Range', {}, never);
  await pass(clock, 1_100);
  t.is((await first).answer, 'etcd-2');
  played[0].stands = false;
  await members.goHome(never);
  t.is(members.current().channel.url, 'etcd-2', 'too soon');
  await pass(clock, 30_000);
  played[1].delayMs = 300;
  const under = members.call('KV/Txn', {}, never);
  await members.goHome(never);
  t.is(members.current().channel.url, 'etcd-1');
  await pass(clock, 400);
  t.deepEqual(await under, { answer: 'etcd-2', tries: 1 });
});

test('suspect() compares at once: a watch has heard nothing', async (t) => {
  const { clock, played, members } = three();
  members.suspect();
  await pass(clock, 600);
  t.is(members.current().channel.url, 'etcd-1');
  played[0].stands = true;
  members.suspect();
  await pass(clock, 600);
  t.is(members.current().channel.url, 'etcd-2');
});

test('one member alone is asked for nothing but what there is to ask', async (t) => {
  const clock = createFakeClock();
  const one = play('etcd-1', clock);
  one.delayMs = 2_000;
  const members = createMembers({ channels: [one.channel], clock, log: createSilentLog() });
  const took = members.call('KV/Txn', {}, never);
  await pass(clock, 2_100);
  t.is((await took).tries, 1);
  t.deepEqual(one.asked, ['KV/Txn']);
});

function three() {
  const clock = createFakeClock();
  const played = [play('etcd-1', clock), play('etcd-2', clock), play('etcd-3', clock)] as const;
  const members = createMembers({ channels: played.map(({ channel }) => channel), clock, log: createSilentLog() });
  return { clock, played, members };
}

/** Lets what was begun come to where it waits, and time go on then. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  await clock.advance(0);
  await clock.advance(ms);
}

async function timed<T extends object>(clock: FakeClock, work: Promise<T>): Promise<T & { readonly tookMs: number }> {
  const fromMs = clock.now();
  const done = await work;
  return { ...done, tookMs: clock.now() - fromMs };
}

interface Played {
  readonly channel: Channel;
  readonly asked: Method[];
  /** As one that is stopped, or cut off. */
  stands: boolean;
  /** Answers nothing that has to be agreed on. */
  loses: boolean;
  /** Of all but Status. */
  delayMs: number;
  fails: Error | undefined;
  status: { readonly leader: string; readonly raftTerm: string };
}

function play(url: string, clock: FakeClock): Played {
  const underWay = new Map<PromiseWithResolvers<never>, Method>();
  const fail = (code: number, details: string) => new EtcdError({ code, details });
  async function answer(method: Method, signal: AbortSignal): Promise<unknown> {
    if (one.stands || (one.loses && method === 'KV/Txn')) return new Promise(() => {});
    const isKnown = method === 'Maintenance/Status' && one.fails?.message.includes('leader changed');
    if (one.fails !== undefined && !isKnown) throw one.fails;
    if (method === 'Maintenance/Status') return one.status;
    if (one.delayMs > 0) await clock.sleep(one.delayMs, signal);
    return url;
  }
  const channel = {
    url,
    async call(method: Method, _request: object, deadlineMs: number, signal: AbortSignal) {
      one.asked.push(method);
      const end = Promise.withResolvers<never>();
      underWay.set(end, method);
      const late = clock.sleep(deadlineMs, signal).then(() => {
        throw fail(codes.DEADLINE_EXCEEDED, 'Deadline exceeded');
      });
      late.catch(() => {});
      try {
        return await Promise.race([answer(method, signal), end.promise, late]);
      } finally {
        underWay.delete(end);
      }
    },
    abandon(hit: (method: Method) => boolean) {
      for (const [end, method] of underWay) if (hit(method)) end.reject(fail(codes.CANCELLED, 'Cancelled on client'));
    },
    close() {},
  } as unknown as Channel;
  const one: Played = { channel, asked: [], stands: false, loses: false, delayMs: 0, fails: undefined, status: led };
  return one;
}
