import test from 'ava';
import type { Expression } from '#lib/cel/compile.ts';
import { createMetrics } from '#lib/metrics.ts';
import type { Condition } from './conditions.ts';
import { createHoldMeasured } from './hold-measured.ts';

const labels = '{name="a",kind="policy",type="validate",operation="CREATE"}';
const context = { values: {}, budget: { left: 1 } };
const is = (value: unknown): Condition => ({
  text: 'x',
  expression: value instanceof Error ? value : ({ type: 'dyn', evaluate: () => value } satisfies Expression),
});

function countsOf(...conditions: readonly Condition[]) {
  const metrics = createMetrics();
  const hold = createHoldMeasured(metrics, () => 0);
  let outcome: boolean | Error;
  try {
    outcome = hold(conditions, context, { name: 'a', kind: 'policy', type: 'validate', operation: 'CREATE' });
  } catch (error) {
    outcome = error as Error;
  }
  const text = metrics.render();
  const count = (name: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${name}${labels}`))
        ?.split(' ')[1] ?? 0,
    );
  const named = 'apiserver_admission_match_condition';
  return {
    outcome,
    took: count(`${named}_evaluation_seconds_count`),
    left: count(`${named}_exclusions_total`),
    failed: count(`${named}_evaluation_errors_total`),
  };
}

test('createHoldMeasured() counts what holds, and what leaves a request out', (t) => {
  t.deepEqual(countsOf(is(true), is(true)), { outcome: true, took: 1, left: 0, failed: 0 });
  t.deepEqual(countsOf(is(true), is(false)), { outcome: false, took: 1, left: 1, failed: 0 });
});

test('createHoldMeasured() counts each failure, even where another condition decides', (t) => {
  t.deepEqual(countsOf(is(new Error('no')), is(false)), { outcome: false, took: 1, left: 1, failed: 1 });
  const { outcome, ...counts } = countsOf(is(new Error('no')), is('text'));
  t.true(outcome instanceof Error);
  t.deepEqual(counts, { took: 1, left: 0, failed: 2 });
});

test('createHoldMeasured() counts nothing where there are no conditions', (t) => {
  t.deepEqual(countsOf(), { outcome: true, took: 0, left: 0, failed: 0 });
});
