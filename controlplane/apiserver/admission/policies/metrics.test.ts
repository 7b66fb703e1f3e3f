import test from 'ava';
import type { Expression } from '#lib/cel/compile.ts';
import { CostError } from '#lib/cel/meter.ts';
import { createMetrics } from '#lib/metrics.ts';
import { type ErrorType, errorTypeOf } from './error-type.ts';
import { createMutationMetrics, createPolicyMetrics } from './metrics.ts';
import type { Finding } from './policy.ts';

const bound = {
  policy: { metadata: { name: 'p' } },
  binding: { metadata: { name: 'b' }, spec: { validationActions: ['Deny', 'Audit'] } },
} as never;
const finding = (error: ErrorType, isIgnored = false): Finding => ({ message: '', reason: '', error, isIgnored });

const counts = test.macro<[readonly Finding[], ...(readonly string[])]>({
  title: (title) => `createPolicyMetrics() counts ${title}`,
  exec(t, found, ...expected) {
    const metrics = createMetrics();
    createPolicyMetrics(metrics)(bound, found, 5);
    const lines = metrics
      .render()
      .matchAll(/^apiserver_validating_admission_policy_check_total\{policy="p",policy_binding="b",(.*)$/gm);
    t.deepEqual(
      [...lines].map(([, line]) => line),
      expected,
    );
    t.regex(metrics.render(), /check_duration_seconds_bucket\{.*,le="0.01"\} 1\n/);
  },
});
const line = (error: ErrorType, action: string, count: number) =>
  `error_type="${error}",enforcement_action="${action}"} ${count}`;

test('what nothing speaks against', counts, [], line('no_error', 'allow', 1));
test(
  'what is denied by what the binding does then',
  counts,
  [finding('no_error'), finding('no_error')],
  line('no_error', 'deny', 2),
  line('no_error', 'audit', 2),
);
test(
  'failures apart',
  counts,
  [finding('no_error'), finding('out_of_budget')],
  line('no_error', 'deny', 1),
  line('no_error', 'audit', 1),
  line('out_of_budget', 'deny', 1),
  line('out_of_budget', 'audit', 1),
);
test('failures that are let pass', counts, [finding('compile_error', true)], line('compile_error', 'allow', 1));

test('createMutationMetrics() counts each mutation by what became of it', (t) => {
  const metrics = createMetrics();
  const count = createMutationMetrics(metrics);
  count('p', 'b', 'no_error', 5);
  count('p', 'b', 'invalid_error', 5);
  const text = metrics.render();
  const name = 'apiserver_mutating_admission_policy_check';
  t.true(text.includes(`${name}_total{policy="p",policy_binding="b",error_type="invalid_error"} 1\n`));
  t.true(text.includes(`${name}_duration_seconds_sum{policy="p",policy_binding="b",error_type="no_error"} 0.005\n`));
});

test('errorTypeOf() tells what did not compile from what cost too much and from what had no value', (t) => {
  const made = { type: 'dyn', evaluate: () => true } satisfies Expression;
  t.is(errorTypeOf(new Error('no'), undefined), 'compile_error');
  t.is(errorTypeOf(made, new CostError('much')), 'out_of_budget');
  t.is(errorTypeOf(made, new Error('no')), 'invalid_error');
});
