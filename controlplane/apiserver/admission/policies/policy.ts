// One ValidatingAdmissionPolicy, compiled, and what it says of one request. Rule: admission/plugin/policy/validating, validator.
import type { ValidatingAdmissionPolicy, Validation } from '#lib/api/types/admissionregistration.v1.ts';
import type { Expression } from '#lib/cel/compile.ts';
import { exhausted } from '#lib/cel/meter.ts';
import type { Compile } from '../../cel/load-cel.ts';
import { attempt, type Condition, compileConditions, firstLine } from './conditions.ts';
import { type Context, forConditions, variableNames } from './context.ts';
import { type ErrorType, errorTypeOf } from './error-type.ts';
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

/** Something that speaks against the request, or would if the policy did not let failures pass. */
export interface Finding {
  readonly message: string;
  readonly reason: string;
  readonly error: ErrorType;
  /** A failure that the policy lets pass. */
  readonly isIgnored: boolean;
}

export function judge(
  policy: CompiledPolicy,
  context: Context,
  hold: (conditions: readonly Condition[], context: Context) => boolean,
): readonly Finding[] {
  const full = withVariables(policy.variables, context);
  const fits = attempt(() => hold(policy.conditions, forConditions(full)));
  if (fits === false) return [];
  if (fits !== true) return policy.failsClosed ? [failed(fits.message, 'invalid_error', policy)] : [];
  const found: Finding[] = [];
  for (const validation of policy.validations) {
    found.push(...judgeOne(policy, validation, full));
    if (full.budget.left < 0) break;
  }
  return found;
}

export function failed(
  message: string,
  error: ErrorType,
  { failsClosed }: Pick<CompiledPolicy, 'failsClosed'>,
): Finding {
  return { message, reason: 'Invalid', error, isIgnored: !failsClosed };
}

function judgeOne(policy: CompiledPolicy, validation: CompiledValidation, context: Context): readonly Finding[] {
  const { source, expression } = validation;
  const value = evaluate(expression, context);
  if (value === true) return [];
  if (value === false) {
    const [message, reason] = [messageOf(validation, context), source.reason || 'Invalid'];
    return [{ message, reason, error: 'no_error', isIgnored: false }];
  }
  if (context.budget.left < 0) return [failed(exhausted, 'out_of_budget', policy)];
  const why = value instanceof Error ? firstLine(value.message) : 'the result is not a bool';
  const message = `expression '${source.expression}' resulted in error: ${why}`;
  return [failed(message, errorTypeOf(expression, value), policy)];
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
