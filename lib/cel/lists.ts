import type { Environment } from '@marcbachmann/cel-js';

type Item = bigint | number | string | boolean | Date;

/** Rule: pkg/cel/library, lists; and cel-go ext, sets. */
export function addListFunctions(environment: Environment): void {
  environment
    .registerFunction('list.isSorted(): bool', (items: readonly Item[]) => {
      return items.every((item, index) => index === 0 || items[index - 1]! <= item);
    })
    .registerFunction('list.sum(): dyn', (items: readonly Item[]) => sum(items))
    .registerFunction('list.min(): dyn', (items: readonly Item[]) => extreme('min', items, (a, b) => a < b))
    .registerFunction('list.max(): dyn', (items: readonly Item[]) => extreme('max', items, (a, b) => a > b))
    .registerFunction('list.indexOf(dyn): int', (items: readonly Item[], item: Item) => BigInt(items.indexOf(item)))
    .registerFunction('list.lastIndexOf(dyn): int', (items: readonly Item[], item: Item) =>
      BigInt(items.lastIndexOf(item)),
    );
}

function sum(items: readonly Item[]): bigint | number {
  if (items.some((item) => typeof item === 'number')) {
    return items.reduce((total: number, item) => total + Number(item), 0);
  }
  return items.reduce((total: bigint, item) => total + (item as bigint), 0n);
}

function extreme(name: string, items: readonly Item[], isBetter: (a: Item, b: Item) => boolean): Item {
  const [first, ...rest] = items;
  if (first === undefined) throw new Error(`${name} called on empty list`);
  return rest.reduce((best, item) => (isBetter(item, best) ? item : best), first);
}
