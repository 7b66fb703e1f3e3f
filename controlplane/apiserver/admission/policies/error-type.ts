import type { Expression } from '#lib/cel/compile.ts';
import { CostError } from '#lib/cel/meter.ts';

/** What became of an expression of a policy, for people who count it. Rule: policy/validating and policy/mutating, metrics. */
export type ErrorType = 'no_error' | 'compile_error' | 'out_of_budget' | 'invalid_error';

/** `error` is what its evaluation ended with. */
export function errorTypeOf(expression: Expression | Error, error: unknown): ErrorType {
  if (expression instanceof Error) return 'compile_error';
  return error instanceof CostError ? 'out_of_budget' : 'invalid_error';
}
