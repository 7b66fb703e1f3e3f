import type { Environment } from '@marcbachmann/cel-js';

type Numeric = bigint | number;

class MathFunctions {}

/** Rule: cel-go ext, math. */
export function addMathFunctions(environment: Environment): void {
  const type = 'math.Functions';
  environment
    .registerType(type, { ctor: MathFunctions, fields: {} })
    .registerConstant('math', type, new MathFunctions());
  for (const [name, isBetter] of [
    ['greatest', (a: Numeric, b: Numeric) => a > b],
    ['least', (a: Numeric, b: Numeric) => a < b],
  ] as const) {
    const best = (items: readonly Numeric[]): Numeric => {
      if (items.length === 0) throw new Error(`math.${name}() requires at least one argument`);
      return items.reduce((found, item) => (isBetter(item, found) ? item : found));
    };
    environment.registerFunction(`${type}.${name}(list): dyn`, (_: unknown, items: readonly Numeric[]) => best(items));
    for (const count of [2, 3, 4, 5, 6]) {
      const args = Array.from({ length: count }, () => 'dyn').join(', ');
      environment.registerFunction(`${type}.${name}(${args}): dyn`, (_: unknown, ...items: Numeric[]) => best(items));
    }
  }
  for (const [name, apply] of Object.entries(roundings)) {
    environment.registerFunction(`${type}.${name}(double): double`, (_: unknown, x: number) => apply(x));
  }
  environment
    .registerFunction(`${type}.isNaN(double): bool`, (_: unknown, x: number) => Number.isNaN(x))
    .registerFunction(
      `${type}.isInf(double): bool`,
      (_: unknown, x: number) => Math.abs(x) === Number.POSITIVE_INFINITY,
    )
    .registerFunction(`${type}.isFinite(double): bool`, (_: unknown, x: number) => Number.isFinite(x))
    .registerFunction(`${type}.abs(double): double`, (_: unknown, x: number) => Math.abs(x))
    .registerFunction(`${type}.abs(int): int`, (_: unknown, x: bigint) => absolute(x))
    .registerFunction(`${type}.sign(double): double`, (_: unknown, x: number) => Math.sign(x))
    .registerFunction(`${type}.sign(int): int`, (_: unknown, x: bigint) => (x > 0n ? 1n : x < 0n ? -1n : 0n))
    .registerFunction(`${type}.sqrt(double): double`, (_: unknown, x: number) => Math.sqrt(x))
    .registerFunction(`${type}.sqrt(int): double`, (_: unknown, x: bigint) => Math.sqrt(Number(x)))
    .registerFunction(`${type}.bitAnd(int, int): int`, (_: unknown, a: bigint, b: bigint) => a & b)
    .registerFunction(`${type}.bitOr(int, int): int`, (_: unknown, a: bigint, b: bigint) => a | b)
    .registerFunction(`${type}.bitXor(int, int): int`, (_: unknown, a: bigint, b: bigint) => a ^ b)
    .registerFunction(`${type}.bitNot(int): int`, (_: unknown, a: bigint) => ~a)
    .registerFunction(`${type}.bitShiftLeft(int, int): int`, (_: unknown, a: bigint, by: bigint) => {
      return by >= 64n ? 0n : BigInt.asIntN(64, a << positive(by));
    })
    .registerFunction(`${type}.bitShiftRight(int, int): int`, (_: unknown, a: bigint, by: bigint) => {
      return by >= 64n ? 0n : BigInt.asIntN(64, BigInt.asUintN(64, a) >> positive(by));
    });
}

const roundings: Readonly<Record<string, (x: number) => number>> = {
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  round: (x) => Math.sign(x) * Math.round(Math.abs(x)), // halves go away from zero
};

function absolute(x: bigint): bigint {
  if (x === -(2n ** 63n)) throw new Error('integer overflow');
  return x < 0n ? -x : x;
}

function positive(by: bigint): bigint {
  if (by < 0n) throw new Error(`math.bitShift() negative offset: ${by}`);
  return by;
}
