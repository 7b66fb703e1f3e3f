import test from 'ava';
import { type KnownImage, planCollection, standardCollection } from './collect-plan.ts';

const nowMs = 1_000_000;
const image = (id: string, rest: Partial<KnownImage> = {}): KnownImage => ({
  id,
  sizeBytes: 10,
  isHeld: false,
  firstSeenMs: 0,
  lastUsedMs: 0,
  ...rest,
});
const removed = (images: readonly KnownImage[], usedBytes: number) =>
  planCollection(images, { usedBytes, availableBytes: 100 - usedBytes }, standardCollection, nowMs).remove.map(
    ({ id }) => id,
  );

test('planCollection() leaves all while there is room', (t) => {
  t.deepEqual(removed([image('a')], 84), []);
});
test('planCollection() removes what was unused longest, until enough is free', (t) => {
  const images = [image('new', { lastUsedMs: 900 }), image('old', { lastUsedMs: 100 }), image('never')];
  t.deepEqual(removed(images, 85), ['never']);
  t.deepEqual(removed(images, 95), ['never', 'old']);
});
test('planCollection() keeps what is held, and what came just now', (t) => {
  const images = [image('held', { isHeld: true }), image('young', { firstSeenMs: nowMs - 1000 }), image('other')];
  t.deepEqual(removed(images, 99), ['other']);
});
test('planCollection() removes what nobody used for too long, however much room there is', (t) => {
  const rule = { ...standardCollection, maximumAgeMs: 500_000 };
  const images = [image('old'), image('used', { lastUsedMs: 600_000 }), image('held', { isHeld: true })];
  const plan = planCollection(images, { usedBytes: 10, availableBytes: 90 }, rule, nowMs);
  t.deepEqual([plan.remove.map(({ id }) => id), plan.wantedBytes], [['old'], 0]);
});
