// Checks expressions against what is known of the types of their variables. Nothing is evaluated.
import type { Environment } from '@marcbachmann/cel-js';
import { createBase } from './compile.ts';
import { noMessages, withoutLiterals } from './literals.ts';
import { compileError } from './words.ts';

/** 'string', 'list<int>', 'dyn', or the name of one of `types`. */
export type TypeName = string;

export interface Types {
  /** By name: the types of the fields. Fields that are not there are wrong. */
  readonly types: ReadonlyMap<TypeName, Readonly<Record<string, TypeName>>>;
  /** By name: the types of the variables. */
  readonly variables: Readonly<Record<string, TypeName>>;
}

export interface TypedChecker {
  /** What the expression makes. @throws {Error} if it is none over these types */
  check(text: string): TypeName;
  /** Another one that knows one variable more, under `variables`. */
  withVariable(name: string, type: TypeName): TypedChecker;
}

class Anything {}

export function createTypedChecker({ types, variables }: Types): TypedChecker {
  const environment: Environment = createBase();
  for (const [name, fields] of types) environment.registerType(name, { ctor: class extends Anything {}, fields });
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
  return checkerOf(environment, {});
}

let made = 0;

function checkerOf(base: Environment, composed: Readonly<Record<string, TypeName>>): TypedChecker {
  const environment = base.clone();
  const type = `kubernetes.variables${made++}`;
  environment
    .registerType(type, { ctor: class extends Anything {}, fields: composed })
    .registerVariable('variables', type);
  return {
    check(text) {
      try {
        const result = environment.parse(withoutLiterals(text, noMessages)).check();
        if (!result.valid) throw result.error ?? new Error('invalid expression');
        return result.type ?? 'dyn';
      } catch (error) {
        throw compileError(error, text);
      }
    },
    withVariable: (name, typeName) => checkerOf(base, { ...composed, [name]: typeName }),
  };
}
