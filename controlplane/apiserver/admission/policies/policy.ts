// One ValidatingAdmissionPolicy, compiled, and what it says of one request. Rule: admission/plugin/policy/validating, validator.
import type { ValidatingAdmissionPolicy, Validation } from '#lib/api/types/admissionregistration.v1.ts';
import type { Expression } from '#lib/cel/compile.ts';
import { exhausted } from '#lib/cel/meter.ts';
import { attempt, type Compile, type Condition, compileConditions, firstLine, holdAll } from './conditions.ts';
import { type Context, forConditions, variableNames } from './context.ts';
import { type CompiledVariable, compileVariables, evaluate, withVariables } from './variables.ts';

export interface CompiledPolicy {
  readonly failsClosed: boolean;
  readonly conditions: readonly Condition[];
  readonly variables: readonly CompiledVariable[];
  readonly validations: readonly CompiledValidation[];
}

interface CompiledValidation {
  readonly source: Validation;
  readonly expression: Expression | Error;
  readonly message: Expression | Error | undefined;
}

export function compilePolicy({ spec }: ValidatingAdmissionPolicy, compile: Compile): CompiledPolicy {
  const make = (text: string) => attempt(() => compile(text, variableNames));
  return {
    failsClosed: spec.failurePolicy !== 'Ignore',
    conditions: compileConditions(spec.matchConditions ?? [], compile, variableNames),
    variables: compileVariables(spec.variables, make),
    validations: (spec.validations ?? []).map((source) => ({
      source,
      expression: make(source.expression),
      message: source.messageExpression ? make(source.messageExpression) : undefined,
    })),
  };
}

/** Something that speaks against the request. */
export interface Denial {
  readonly message: string;
  readonly reason: string;
}

export function judge(policy: CompiledPolicy, context: Context): readonly Denial[] {
  const full = withVariables(policy.variables, context);
  const fits = attempt(() => holdAll(policy.conditions, forConditions(full)));
  if (fits === false) return [];
  if (fits !== true) return policy.failsClosed ? [{ message: fits.message, reason: 'Invalid' }] : [];
  const denials: Denial[] = [];
  for (const validation of policy.validations) {
    denials.push(...judgeOne(policy, validation, full));
    if (full.budget.left < 0) break;
  }
  return denials;
}

function judgeOne(policy: CompiledPolicy, validation: CompiledValidation, context: Context): readonly Denial[] {
  const { source, expression } = validation;
  const value = evaluate(expression, context);
  if (value === true) return [];
  if (value === false) return [{ message: messageOf(validation, context), reason: source.reason || 'Invalid' }];
  if (!policy.failsClosed) return [];
  if (context.budget.left < 0) return [{ message: exhausted, reason: 'Invalid' }];
  const why = value instanceof Error ? firstLine(value.message) : 'the result is not a bool';
  return [{ message: `expression '${source.expression}' resulted in error: ${why}`, reason: 'Invalid' }];
}

function messageOf({ source, message }: CompiledValidation, context: Context): string {
  if (message !== undefined) {
    const text = evaluate(message, context);
    if (typeof text === 'string' && text.trim() !== '' && !text.includes('\n') && text.length <= mostCharacters) {
      return text.trim();
    }
  }
  return source.message?.trim() || `failed expression: ${source.expression.trim()}`;
}
const mostCharacters = 5 * 1024;
