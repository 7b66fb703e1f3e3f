import type { MatchCondition } from '#lib/api/types/admissionregistration.v1.ts';
import type { Expression } from '#lib/cel/compile.ts';
import type { Compile } from '../../cel/load-cel.ts';
import type { Context } from './context.ts';

export interface Condition {
  readonly text: string;
  readonly expression: Expression | Error;
}

export function compileConditions(
  conditions: readonly MatchCondition[],
  compile: Compile,
  variables: readonly string[],
): readonly Condition[] {
  return conditions.map(({ expression }) => ({
    text: expression,
    expression: attempt(() => compile(expression, variables)),
  }));
}

/**
 * Whether all hold. One that does not decides, whatever else fails; `failed` is told of each that does.
 * @throws {Error} if one failed and none decided
 */
export function holdAll(conditions: readonly Condition[], { values, budget }: Context, failed: () => void): boolean {
  const failures: string[] = [];
  for (const { text, expression } of conditions) {
    const value = attempt(() => {
      if (expression instanceof Error) throw expression;
      return expression.evaluate(values, budget);
    });
    if (value === false) return false;
    if (value !== true) {
      failed();
      const why = value instanceof Error ? value.message : 'the result is not a bool';
      failures.push(`expression '${text}' resulted in error: ${firstLine(why)}`);
    }
  }
  if (failures.length > 0) throw new Error(failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`);
  return true;
}

export function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What the library says after it is a drawing of the place. */
export function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
