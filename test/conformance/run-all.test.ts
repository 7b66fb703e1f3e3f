import test from 'ava';
import type { Result } from './result.ts';
import { type RunAllOptions, runAll } from './run-all.ts';

const never = new AbortController().signal;
const result = (name: string, outcome: Result['outcome']): Result => ({
  name,
  outcome,
  seconds: 1,
  reason: outcome === 'pass' ? '' : 'it broke',
  detail: '',
});

/** A suite in which a spec comes to the outcomes that are given for it, in turn, and then passes. */
function fakeSuite(outcomes: Readonly<Record<string, readonly Result['outcome'][]>>) {
  const runs: string[] = [];
  let side = 0;
  let most = 0;
  return {
    runs,
    mostAtOnce: () => most,
    async run(name: string): Promise<Result> {
      most = Math.max(most, ++side);
      await new Promise((resolve) => setImmediate(resolve));
      side--;
      const before = runs.filter((one) => one === name).length;
      runs.push(name);
      return result(name, outcomes[name]?.[before] ?? 'pass');
    },
  };
}

const base = { workers: 2, again: true, onResult: () => {}, say: () => {} } satisfies Partial<RunAllOptions>;

test('runAll() runs what failed once more, alone, and calls a flake what passes then', async (t) => {
  const suite = fakeSuite({ 'b flaky': ['fail'], 'c broken': ['fail', 'fail'], 'd absent': ['not-run', 'not-run'] });
  const names = ['a good', 'b flaky', 'c broken', 'd absent'];
  const { results, flakes } = await runAll({ ...base, names, run: suite.run }, never);
  t.deepEqual(suite.runs, [...names, 'b flaky', 'c broken', 'd absent']);
  t.deepEqual(flakes, ['b flaky']);
  t.deepEqual(
    results.map(({ name, outcome }) => [name, outcome]),
    [
      ['a good', 'pass'],
      ['b flaky', 'pass'],
      ['c broken', 'fail'],
      ['d absent', 'not-run'],
    ],
  );
});

test('runAll() tries nothing again unless it is told to', async (t) => {
  const suite = fakeSuite({ flaky: ['fail'] });
  const { results, flakes } = await runAll({ ...base, names: ['flaky'], again: false, run: suite.run }, never);
  t.deepEqual(suite.runs, ['flaky']);
  t.deepEqual(flakes, []);
  t.is(results[0]?.outcome, 'fail');
});

test('runAll() runs serial specs alone, after the others', async (t) => {
  const suite = fakeSuite({});
  const names = ['x [Serial]', 'a', 'b', 'y [Serial]', 'c'];
  await runAll({ ...base, names, run: suite.run }, never);
  t.deepEqual(suite.runs, ['a', 'b', 'c', 'x [Serial]', 'y [Serial]']);
  t.is(suite.mostAtOnce(), 2);
});

test('runAll() starts nothing more once it is stopped, and leaves out what was cut off', async (t) => {
  const suite = fakeSuite({ b: ['fail'] });
  const stop = new AbortController();
  const run = async (name: string) => {
    if (name === 'c') stop.abort();
    return suite.run(name);
  };
  const names = ['a', 'b', 'c', 'd', 'e [Serial]'];
  const { results } = await runAll({ ...base, workers: 1, names, run }, stop.signal);
  t.deepEqual(suite.runs, ['a', 'b', 'c']);
  t.deepEqual(
    results.map(({ name }) => name),
    ['a', 'b'],
  );
});
