import type { Environment } from '@marcbachmann/cel-js';
import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  readQuantity,
  subtractQuantities,
} from '#lib/api/quantity.ts';

class Quantity {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Rule: k8s.io/apiserver pkg/cel/library, quantity. */
export function addQuantityFunctions(environment: Environment): void {
  const type = 'kubernetes.Quantity';
  const nanos = ({ text }: Quantity): bigint => BigInt(parseQuantity(text).nanos);
  const compare = (a: Quantity, b: Quantity): number => compareQuantities(a.text, b.text);
  const plain = (value: bigint): string => String(value);
  environment
    .registerType(type, { ctor: Quantity, fields: {} })
    .registerFunction(`quantity(string): ${type}`, (text: string) => {
      if (readQuantity(text) === undefined) throw new Error(malformed);
      return new Quantity(text);
    })
    .registerFunction('isQuantity(string): bool', (text: string) => readQuantity(text) !== undefined)
    .registerFunction(`${type}.isGreaterThan(${type}): bool`, (a: Quantity, b: Quantity) => compare(a, b) > 0)
    .registerFunction(`${type}.isLessThan(${type}): bool`, (a: Quantity, b: Quantity) => compare(a, b) < 0)
    .registerFunction(`${type}.compareTo(${type}): int`, (a: Quantity, b: Quantity) => BigInt(Math.sign(compare(a, b))))
    .registerOperator(`${type} == ${type}`, (a: Quantity, b: Quantity) => compare(a, b) === 0)
    .registerFunction(`${type}.sign(): int`, (a: Quantity) => (nanos(a) > 0n ? 1n : nanos(a) < 0n ? -1n : 0n))
    .registerFunction(`${type}.isInteger(): bool`, (a: Quantity) => nanos(a) % billion === 0n)
    .registerFunction(`${type}.asInteger(): int`, (a: Quantity) => {
      if (nanos(a) % billion !== 0n) throw new Error('cannot convert value to integer');
      return nanos(a) / billion;
    })
    .registerFunction(`${type}.asApproximateFloat(): double`, (a: Quantity) => Number(nanos(a)) / 1e9);
  for (const [name, apply] of [
    ['add', addQuantities],
    ['sub', subtractQuantities],
  ] as const) {
    environment
      .registerFunction(`${type}.${name}(${type}): ${type}`, (a: Quantity, b: Quantity) => {
        return new Quantity(apply(a.text, b.text));
      })
      .registerFunction(`${type}.${name}(int): ${type}`, (a: Quantity, b: bigint) => {
        return new Quantity(apply(a.text, plain(b)));
      });
  }
}
const malformed = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const billion = 1_000_000_000n;
