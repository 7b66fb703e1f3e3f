import test from 'ava';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { SchedulingQueue } from './queue.ts';

const pod = (name: string, priority = 0) =>
  ({ metadata: { name, uid: name }, spec: { priority }, status: {} }) as unknown as Pod;

const room = { what: 'pod', before: pod('gone') } as const;

test('SchedulingQueue gives the important first, then the older', (t) => {
  const queue = new SchedulingQueue();
  queue.add(pod('a'), 1);
  queue.add(pod('b'), 2);
  queue.add(pod('c', 5), 3);
  t.deepEqual(
    [queue.take(4), queue.take(4), queue.take(4)].map((p) => p?.metadata.name),
    ['c', 'a', 'b'],
  );
  t.is(queue.take(4), undefined);
});

test('SchedulingQueue lets what did not fit wait for a change and for its back-off', (t) => {
  const queue = new SchedulingQueue();
  queue.add(pod('a'), 0);
  queue.putBack(queue.take(0)!, 0, false);
  t.is(queue.take(60_000), undefined);
  queue.wake(room);
  t.is(queue.take(60_000)?.metadata.name, 'a');
  queue.putBack(pod('a'), 60_000, true);
  t.is(queue.nextWakeMs(), 62_000);
  t.is(queue.take(61_999), undefined);
  t.is(queue.take(62_000)?.metadata.name, 'a');
});

test('SchedulingQueue forgets what was removed', (t) => {
  const queue = new SchedulingQueue();
  queue.add(pod('a'), 0);
  queue.remove('a');
  t.is(queue.take(0), undefined);
});

test('SchedulingQueue wakes only those whom a change may help', (t) => {
  const queue = new SchedulingQueue();
  for (const name of ['a', 'b']) queue.add(pod(name), 0);
  queue.putBack(queue.take(0)!, 0, false, ({ what }) => what === 'node');
  queue.putBack(queue.take(0)!, 0, false, ({ what }) => what === 'pod');
  queue.wake(room);
  t.is(queue.take(60_000)?.metadata.name, 'b');
  t.is(queue.take(60_000), undefined);
  t.is(queue.nextWakeMs(), 300_000);
  t.is(queue.take(300_000)?.metadata.name, 'a');
});

test('SchedulingQueue tries what waits again when it changes', (t) => {
  const queue = new SchedulingQueue();
  queue.add(pod('a'), 0);
  queue.putBack(queue.take(0)!, 0, false);
  queue.add(pod('a', 7), 10);
  t.is(queue.take(10), undefined);
  t.is(queue.take(1_000)?.spec.priority, 7);
  t.is(queue.take(60_000), undefined);
});

test('SchedulingQueue tells where pods come to be, and why', (t) => {
  const moves: string[] = [];
  const queue = new SchedulingQueue(undefined, (part, event) => moves.push(`${part} ${event}`));
  queue.add(pod('a'), 0);
  queue.putBack(queue.take(0)!, 0, false);
  queue.wake(room);
  queue.take(60_000);
  queue.putBack(pod('a'), 60_000, true);
  t.deepEqual(moves, [
    'active PodAdd',
    'unschedulable ScheduleAttemptFailure',
    'backoff AssignedPodDelete',
    'active BackoffComplete',
    'backoff ScheduleAttemptFailure',
  ]);
  t.is(queue.firstTakenMs('a'), 0);
});
