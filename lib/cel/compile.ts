// Expressions in CEL, compiled once, with Kubernetes' functions, and bounded: they come from whoever may write policies.
import { Environment, Optional } from '@marcbachmann/cel-js';
import { addAddressFunctions } from './addresses.ts';
import { addAuthorizerFunctions } from './authorizer.ts';
import { addComprehensions } from './comprehensions.ts';
import { meter, type Node } from './cost.ts';
import { isDeeper } from './depth.ts';
import { estimateCost, type Size } from './estimate.ts';
import { addFormatFunctions } from './formats.ts';
import { addListFunctions } from './lists.ts';
import { noMessages, withoutLiterals } from './literals.ts';
import { addMathFunctions } from './math.ts';
import { Maybe } from './maybe.ts';
import { type Budget, metered } from './meter.ts';
import { addEntryFunctions, addMutationFunctions, mutationMessages, withPatchCalls } from './objects.ts';
import { addOptionalFunctions } from './optionals.ts';
import { addQuantityFunctions } from './quantity.ts';
import { addSemverFunctions } from './semver.ts';
import { addSetFunctions } from './sets.ts';
import { addTextFunctions } from './text.ts';
import { addUrlFunctions } from './url.ts';
import { compileError, runtimeError } from './words.ts';

export interface Expression {
  /** As the checker sees it: 'bool', 'dyn', ... */
  readonly type: string;
  /**
   * The value for these variables, given as CEL values. What that cost is taken from `budget`.
   * @throws {Error} if it has none, or costs too much
   */
  evaluate(variables: Readonly<Record<string, unknown>>, budget?: Budget): unknown;
  /** The most that it can cost with variables of these sizes. */
  estimate?(variables: Readonly<Record<string, Size>>): number;
}

export interface CompileOptions {
  /** The expression may make objects and patches. */
  readonly mutates?: boolean;
}

/** @throws {Error} if `text` is no expression over these variables */
export function compileExpression(
  text: string,
  variables: readonly string[],
  { mutates = false }: CompileOptions = {},
): Expression {
  if (text.length > mostCharacters) throw new Error(`expression is longer than ${mostCharacters} characters`);
  const { parsed, type } = checkedForm(text, variables, mutates);
  meter(parsed.ast);
  return {
    type,
    estimate: (variables) => estimateCost(parsed.ast as unknown as Node, variables),
    evaluate(values, budget) {
      try {
        return metered(() => parsed(withOptionals(values)), budget);
      } catch (error) {
        throw runtimeError(error);
      }
    },
  };
}

function withOptionals(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(values);
  if (!entries.some(([, value]) => value instanceof Maybe)) return values;
  const optional = (value: unknown) => {
    if (!(value instanceof Maybe)) return value;
    return value.value === undefined ? Optional.none() : Optional.of(value.value);
  };
  return Object.fromEntries(entries.map(([name, value]) => [name, optional(value)]));
}

function checkedForm(text: string, variables: readonly string[], mutates: boolean) {
  try {
    const plain = withoutLiterals(text, mutates ? mutationMessages : noMessages);
    const parsed = environmentOf(variables, mutates).parse(withPatchCalls(plain));
    const { valid, type = 'dyn', error } = parsed.check();
    if (!valid) throw error ?? new Error('invalid expression');
    if (isDeeper(parsed.ast as unknown as Node, mostDepth)) {
      throw new Error(`expression recursion limit exceeded: ${mostDepth}`);
    }
    return { parsed, type };
  } catch (error) {
    throw compileError(error, text);
  }
}
const mostCharacters = 64 * 1024;
const mostDepth = 1_000;

const environments = new Map<string, Environment>(); // by the variables: there are a handful of sets
let base: Environment | undefined;

function environmentOf(variables: readonly string[], mutates: boolean): Environment {
  const key = `${variables.join(' ')}${mutates ? ' +' : ''}`;
  const known = environments.get(key);
  if (known !== undefined) return known;
  base ??= createBase();
  const made = base.clone();
  if (mutates) addMutationFunctions(made);
  for (const name of variables) made.registerVariable(name, 'dyn');
  environments.set(key, made);
  return made;
}

/** With all functions, and without variables. */
export function createBase(): Environment {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 10_000, maxDepth: 200 },
  });
  addTextFunctions(environment);
  addListFunctions(environment);
  addQuantityFunctions(environment);
  addAddressFunctions(environment);
  addUrlFunctions(environment);
  addSemverFunctions(environment);
  addAuthorizerFunctions(environment);
  addEntryFunctions(environment);
  addOptionalFunctions(environment);
  addComprehensions(environment);
  addSetFunctions(environment);
  addMathFunctions(environment);
  addFormatFunctions(environment);
  return environment;
}
