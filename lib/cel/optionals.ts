import { type Environment, Optional } from '@marcbachmann/cel-js';

interface Type {
  readonly kind: string;
  readonly valueType?: Type;
  readonly name: string;
}

interface Node {
  readonly op: string;
  readonly args: unknown;
}

interface Context {
  forkWithVariable(name: string, type: Type): Context;
  reuse(parent: Context): Context;
  setIterValue(value: unknown, evaluator: Evaluator): Context;
}

interface Checker {
  check(node: Node, context: Context): Type;
  getType(name: string): Type;
  createError(code: string, message: string, node: Node): Error;
}

interface Evaluator {
  run(node: Node, context: Context): unknown;
}

/** What the library lacks of optional values. Rule: cel-go cel, OptionalTypes. */
export function addOptionalFunctions(environment: Environment): void {
  environment
    .registerFunction('OptionalNamespace.ofNonZeroValue(dyn): optional<dyn>', (_: unknown, value: unknown) => {
      return isZero(value) ? Optional.none() : Optional.of(value);
    })
    .registerFunction('optional.optMap(ast, ast): optional<dyn>', expander((value) => Optional.of(value)) as never)
    .registerFunction('optional.optFlatMap(ast, ast): optional<dyn>', expander((value) => value) as never);
}

function isZero(value: unknown): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return value instanceof Map && value.size === 0;
}

function expander(wrap: (value: unknown) => unknown) {
  return ({ args: [variable, expression], receiver }: { readonly args: readonly Node[]; readonly receiver: Node }) => {
    if (variable?.op !== 'id') throw new Error('argument must be a simple name');
    let own: Context | undefined;
    return {
      receiver,
      expression,
      async: false,
      typeCheck(checker: Checker, _macro: unknown, context: Context): Type {
        const type = checker.check(receiver, context);
        if (type.kind !== 'optional' && type.kind !== 'dyn') {
          throw checker.createError(
            'optional_expected',
            `optMap() receiver must be optional, got '${type.name}'`,
            receiver,
          );
        }
        own = context.forkWithVariable(String(variable.args), type.valueType ?? checker.getType('dyn'));
        checker.check(expression!, own);
        return checker.getType('optional');
      },
      evaluate(evaluator: Evaluator, _macro: unknown, context: Context): unknown {
        const value = evaluator.run(receiver, context);
        if (!(value instanceof Optional)) throw new Error('optMap() receiver must be optional');
        if (!value.hasValue()) return value;
        return wrap(evaluator.run(expression!, own!.reuse(context).setIterValue(value.value(), evaluator)));
      },
    };
  };
}
