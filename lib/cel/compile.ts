// Expressions in CEL, compiled once, with Kubernetes' functions, and bounded: they come from whoever may write policies.
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { addAddressFunctions } from './addresses.ts';
import { addAuthorizerFunctions } from './authorizer.ts';
import { addListFunctions } from './lists.ts';
import { noMessages, withoutLiterals } from './literals.ts';
import { addEntryFunctions, addMutationFunctions, mutationMessages, withPatchCalls } from './objects.ts';
import { addQuantityFunctions } from './quantity.ts';
import { addSemverFunctions } from './semver.ts';
import { addTextFunctions } from './text.ts';
import { addUrlFunctions } from './url.ts';
import type { Longest } from './values.ts';

export interface Expression {
  /** As the checker sees it: 'bool', 'dyn', ... */
  readonly type: string;
  /**
   * The value for these variables, given as CEL values whose longest parts are `longest`.
   * @throws {Error} if it has none, or would cost too much
   */
  evaluate(variables: Readonly<Record<string, unknown>>, longest: Longest): unknown;
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
  const plain = withoutLiterals(text, mutates ? mutationMessages : noMessages);
  const parsed = environmentOf(variables, mutates).parse(withPatchCalls(plain));
  const checked = parsed.check();
  if (!checked.valid) throw new Error(checked.error?.message.split('\n')[0] ?? 'invalid expression');
  const depth = loopDepth(parsed.ast);
  const splits = /\b(split|findAll)\s*\(/.test(text);
  return {
    type: checked.type ?? 'dyn',
    evaluate(values, { members, characters }) {
      // A loop runs over one list or map that came in, or over what a text falls into; loops within loops multiply.
      const steps = Math.max(members, splits ? characters : 0, 2);
      if (depth > 1 && steps ** depth > mostSteps) {
        throw new Error('operation cancelled: actual cost limit exceeded');
      }
      return parsed(values);
    },
  };
}
const mostCharacters = 64 * 1024;
/** Upstream's limit of cost for one expression. */
const mostSteps = 1_000_000;

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

function createBase(): Environment {
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
  return environment;
}

/** How deep loops stand within each other. */
function loopDepth(node: unknown): number {
  if (Array.isArray(node)) return Math.max(0, ...node.map(loopDepth));
  if (typeof node !== 'object' || node === null || !('op' in node)) return 0;
  const { op, args } = node as ASTNode;
  const inside = loopDepth(args);
  const isLoop = op === 'rcall' && loops.has(args[0]);
  return inside + (isLoop ? 1 : 0);
}
const loops: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'existsOne', 'map', 'filter']);
