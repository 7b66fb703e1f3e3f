import test from 'ava';
import { createRandom } from '../chaos/random.ts';
import { describe, nextRound } from './harm.ts';

const rounds = (seed: number, isShort: boolean) => {
  const random = createRandom(seed);
  return Array.from({ length: 200 }, () => nextRound(random, { isShort }));
};

test('nextRound() gives the same rounds for the same seed, and in time every harm', (t) => {
  t.deepEqual(rounds(7, false), rounds(7, false));
  t.notDeepEqual(rounds(7, false), rounds(8, false));
  const kinds = new Set(rounds(7, false).map(({ part, harm }) => `${harm} ${part}`));
  t.is(kinds.size, 10);
  t.true(rounds(7, false).some((round) => describe(round).startsWith('lose node')));
});

test('nextRound() loses no node where it has to be short', (t) => {
  t.false(rounds(7, true).some(({ harm }) => harm === 'lose'));
});
