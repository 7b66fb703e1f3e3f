import type { Variable } from '#lib/api/types/admissionregistration.v1.ts';
import type { Expression } from '#lib/cel/compile.ts';
import { lazyMap } from '#lib/cel/values.ts';
import { attempt } from './conditions.ts';
import type { Context } from './context.ts';

export interface CompiledVariable {
  readonly name: string;
  readonly expression: Expression | Error;
}

export function compileVariables(
  variables: readonly Variable[] | undefined,
  make: (text: string) => Expression | Error,
): readonly CompiledVariable[] {
  return (variables ?? []).map(({ name, expression }) => ({ name, expression: make(expression) }));
}

/** The context with what the policy itself names: computed when first asked for; each may use those before it. */
export function withVariables(variables: readonly CompiledVariable[], context: Context): Context {
  const members = new Map<string, () => unknown>();
  const full: Context = { ...context, values: { ...context.values, variables: lazyMap(members) } };
  for (const { name, expression } of variables) {
    members.set(name, () => {
      const value = evaluate(expression, full);
      if (value instanceof Error) throw value;
      return value;
    });
  }
  return full;
}

export function evaluate(expression: Expression | Error, { values, budget }: Context): unknown {
  return attempt(() => {
    if (expression instanceof Error) throw expression;
    return expression.evaluate(values, budget);
  });
}
