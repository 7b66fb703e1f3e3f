// One MutatingAdmissionPolicy, compiled. Rule: k8s.io/apiserver admission/plugin/policy/mutating, compilation.
import type { Shape } from '#lib/api/apply/shape.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { MutatingAdmissionPolicy, Mutation } from '#lib/api/types/admissionregistration.v1.ts';
import type { Expression } from '#lib/cel/compile.ts';
import type { Compile } from '../../cel/load-cel.ts';
import { attempt, type Condition, compileConditions, firstLine } from './conditions.ts';
import { type Context, variableNames } from './context.ts';
import { type CompiledVariable, compileVariables, evaluate } from './variables.ts';

export interface CompiledMutations {
  readonly conditions: readonly Condition[];
  readonly variables: readonly CompiledVariable[];
  readonly mutations: readonly CompiledMutation[];
}

export interface CompiledMutation {
  readonly text: string;
  readonly expression: Expression | Error;
  readonly apply: Apply;
}

/** @throws {Error} if `value` is nothing to change the object by */
export type Apply = (object: KubeObject, value: unknown, shape: Shape) => unknown;

export function compileMutations(
  { spec }: MutatingAdmissionPolicy,
  compile: Compile,
  applies: Readonly<Record<Mutation['patchType'], Apply>>,
): CompiledMutations {
  const make = (text: string) => attempt(() => compile(text, variableNames, { mutates: true }));
  return {
    conditions: compileConditions(spec.matchConditions ?? [], compile, variableNames),
    variables: compileVariables(spec.variables, make),
    mutations: (spec.mutations ?? []).map((mutation) => {
      const text = textOf(mutation);
      return { text, expression: make(text), apply: applies[mutation.patchType] };
    }),
  };
}

export function textOf({ patchType, applyConfiguration, jsonPatch }: Mutation): string {
  return (patchType === 'JSONPatch' ? jsonPatch?.expression : applyConfiguration?.expression) ?? '';
}

/** What the mutation wants, to be applied. @throws {Error} if that cannot be told */
export function wishOf({ text, expression }: CompiledMutation, context: Context): unknown {
  const value = evaluate(expression, context);
  if (value instanceof Error) {
    throw new Error(`expression '${text.trim()}' resulted in error: ${firstLine(value.message)}`, { cause: value });
  }
  return value;
}
