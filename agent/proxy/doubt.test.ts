import test from 'ava';
import { type Advice, adviceOf, type Facts, factsAfter, firstFacts, type Happening } from './doubt.ts';
import type { Loss } from './rule-events.ts';

/** What happened, and when. */
type Step = readonly [number, Happening];

const at = (atMs: number, what: Exclude<Happening['what'], 'told' | 'forgotten'>): Step => [atMs, { what }];
const told = (atMs: number, loss: Loss): Step => [atMs, { what: 'told', loss }];
const forgotten = (atMs: number, isResync: boolean): Step => [atMs, { what: 'forgotten', isResync }];
const change = (fromMs: number, toMs: number): readonly Step[] => [at(fromMs, 'changing'), at(toMs, 'changed')];

/** Doubt that has led to a whole read. */
const resync = (atMs: number): readonly Step[] => [
  told(atMs, 'unheard'),
  forgotten(atMs, true),
  ...change(atMs + 2, atMs + 20),
];

/** A start, the listener, and the whole read to which that led: all is well from then on. */
const well = [...change(0, 100), at(1_000, 'listening'), forgotten(1_000, true), ...change(1_002, 1_020)];

function after(steps: readonly Step[]): Facts {
  return steps.reduce((facts, [nowMs, happening]) => factsAfter(facts, happening, nowMs), firstFacts);
}

const advises = test.macro<[string, readonly Step[], number, Advice | undefined, boolean?]>({
  title: (_title, what) => `adviceOf() ${what}`,
  exec(t, _what, steps, nowMs, advice, isMany = false) {
    t.deepEqual(adviceOf(after(steps), nowMs, isMany), advice);
  },
});

test(advises, 'says nothing before the first read', [], 0, undefined);
test(advises, 'says nothing while that is made', [at(0, 'changing')], 50, undefined);
test(advises, 'says nothing where all is well', well, 9_000, undefined);

test(advises, 'has all read once somebody listens: before, nobody did', well.slice(0, 3), 1_000, {
  what: 'resync',
  atMs: 1_100,
});
test(advises, 'has rules put back at once that somebody took', [...well, told(2_000, 'ours')], 2_000, {
  what: 'heal',
  atMs: 2_000,
});
test(
  advises,
  'says nothing more as soon as they are to be read',
  [...well, told(2_000, 'ours'), forgotten(2_000, false), told(2_001, 'ours')],
  2_001,
  undefined,
);
test(
  advises,
  'is content with a read that began after the loss',
  [...well, told(2_000, 'ours'), forgotten(2_000, false), told(2_001, 'ours'), ...change(2_002, 2_030)],
  3_000,
  undefined,
);

// The first gap: a listener that had to be started anew, as after a heal of many or when its program ended.
const restarted = [
  ...well,
  told(7_000, 'ours'),
  forgotten(7_000, false),
  ...change(7_002, 7_030),
  at(7_100, 'listening'),
];
test(advises, 'has all read after a time in which nobody listened', restarted, 7_100, { what: 'resync', atMs: 7_200 });
test(advises, 'has it looked at where that is too dear', restarted, 7_100, { what: 'look', atMs: 7_500 }, true);
test(advises, 'is content when that look is made', [...restarted, at(7_500, 'looking')], 7_500, undefined, true);

// The second gap: word of a loss amidst changes of our own, which are told, too.
const amidst = [...well, at(8_000, 'changing'), told(8_010, 'ours')];
test(advises, 'waits for the end of a change of our own', amidst, 8_010, undefined);
test(advises, 'has all read after word that no change of our own explains', [...amidst, at(8_020, 'changed')], 8_020, {
  what: 'resync',
  atMs: 8_110,
});
test(advises, 'does so shortly after a change, too', [...well, ...change(8_000, 8_020), told(8_219, 'ours')], 8_219, {
  what: 'resync',
  atMs: 8_319,
});
test(advises, 'takes later word for what it is', [...well, ...change(8_000, 8_020), told(8_220, 'ours')], 8_220, {
  what: 'heal',
  atMs: 8_220,
});
const resynced = [...amidst, at(8_020, 'changed'), forgotten(8_020, true), ...change(8_022, 8_040)];
test(advises, 'is content after that read', resynced, 8_040, undefined);
test(
  advises,
  'has all read at once where that was done a few times only',
  [...well, ...[2_000, 4_000, 6_000].flatMap(resync), told(6_030, 'unheard')],
  6_030,
  { what: 'resync', atMs: 6_130 },
);
const often = [...well, ...[2_000, 4_000, 6_000, 8_000].flatMap(resync)];
test(advises, 'has a look first where all was read five times within 25 s', [...often, told(8_100, 'ours')], 8_100, {
  what: 'look',
  atMs: 8_500,
});
test(
  advises,
  'then has all read when these are over, however much is told',
  [...often, told(8_100, 'ours'), told(8_150, 'ours'), at(8_500, 'looking')],
  8_600,
  { what: 'resync', atMs: 26_000 },
);
test(
  advises,
  'has all read once in five seconds on average',
  [...often, ...resync(26_000), told(26_100, 'unheard'), at(26_500, 'looking')],
  26_500,
  { what: 'resync', atMs: 27_000 },
);
test(
  advises,
  'has rules put back at once all the same that somebody took for certain',
  [...often, told(8_100, 'ours'), told(9_000, 'ours')],
  9_000,
  { what: 'heal', atMs: 9_000 },
);
test(
  advises,
  'needs no read of its own after one for something else',
  [...often, told(8_100, 'ours'), told(9_000, 'ours'), forgotten(9_000, false), ...change(9_002, 9_030)],
  30_000,
  undefined,
);
test(
  advises,
  'is not content with a read that began before',
  [...well, forgotten(7_000, false), at(7_002, 'changing'), told(7_010, 'ours'), at(7_030, 'changed')],
  7_030,
  { what: 'resync', atMs: 7_110 },
);
test(
  advises,
  'is not content with a read that failed',
  [...well, forgotten(7_000, false), at(7_002, 'changing'), at(7_030, 'failed')],
  7_030,
  undefined,
);
test(
  advises,
  'counts a read that took two tries from its first',
  [
    ...[...well, forgotten(7_000, false), at(7_002, 'changing'), at(7_030, 'failed')],
    ...[told(7_040, 'ours'), ...change(7_130, 7_150)],
  ],
  7_150,
  { what: 'resync', atMs: 7_140 },
);
test(advises, 'has all read after more was told than could be heard', [...well, told(9_000, 'unheard')], 9_000, {
  what: 'resync',
  atMs: 9_100,
});

test(
  advises,
  'has all read once where a whole table went rule by rule',
  [...well, told(9_000, 'unheard'), told(9_050, 'unheard'), told(9_140, 'unheard')],
  9_140,
  { what: 'resync', atMs: 9_240 },
);
test(
  advises,
  'does not wait for the end of doubt for ever',
  [...well, ...[9_000, 9_090, 9_180, 9_270, 9_360].map((ms) => told(ms, 'unheard'))],
  9_360,
  { what: 'resync', atMs: 9_400 },
);

test(advises, 'has a look at once after word of what may be ours', [...well, told(9_000, 'maybe')], 9_000, {
  what: 'look',
  atMs: 9_000,
});
test(
  advises,
  'has that look a little later amidst changes of our own',
  [...well, ...change(9_000, 9_010), told(9_020, 'maybe')],
  9_020,
  { what: 'look', atMs: 9_420 },
);
test(advises, 'has a look when one is due', [...well, at(9_000, 'lookDue')], 9_000, { what: 'look', atMs: 9_000 });
test(advises, 'is content when it is made', [...well, at(9_000, 'lookDue'), at(9_000, 'looking')], 9_000, undefined);
