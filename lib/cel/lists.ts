import type { Environment } from '@marcbachmann/cel-js';

type Item = bigint | number | string | boolean | Date | Duration;

/** The library's: it does not export it. */
interface Duration {
  addDuration(other: Duration): Duration;
}

/** Rule: pkg/cel/library, lists; and cel-go ext, sets. */
export function addListFunctions(environment: Environment): void {
  environment
    .registerFunction('list.isSorted(): bool', (all: readonly unknown[]) => {
      const items = itemsOf(all);
      return items.every((item, index) => index === 0 || items[index - 1]! <= item);
    })
    .registerFunction('list.sum(): dyn', (all: readonly unknown[]) => sum(itemsOf(all)))
    .registerFunction('list.min(): dyn', (all: readonly unknown[]) => extreme('min', itemsOf(all), (a, b) => a < b))
    .registerFunction('list.max(): dyn', (all: readonly unknown[]) => extreme('max', itemsOf(all), (a, b) => a > b))
    .registerFunction('list.indexOf(dyn): int', (items: readonly Item[], item: Item) => BigInt(items.indexOf(item)))
    .registerFunction('list.lastIndexOf(dyn): int', (items: readonly Item[], item: Item) =>
      BigInt(items.lastIndexOf(item)),
    );
}

/** @throws {Error} if there is one without an order */
function itemsOf(all: readonly unknown[]): readonly Item[] {
  const items = all.filter((item): item is Item => item !== null && item !== undefined);
  if (items.length < all.length) throw new Error('no such overload');
  return items;
}

/** @throws {Error} if they are not all of one kind that can be added, or the sum is too large */
function sum(items: readonly Item[]): Item {
  const durations = items.filter((item) => typeof item === 'object' && 'addDuration' in item);
  if (durations.length > 0 && durations.length === items.length) return durations.reduce((a, b) => a.addDuration(b));
  const [first] = items;
  if (typeof first === 'object' && items.every((item) => typeof item.valueOf() === 'bigint')) {
    const total = items.reduce((sum: bigint, item) => sum + (item.valueOf() as bigint), 0n);
    return Reflect.construct(first.constructor, [total]); // whole numbers without a sign are a class of the library's
  }
  if (!items.every((item) => typeof item === 'number' || typeof item === 'bigint')) throw new Error('no such overload');
  if (items.some((item) => typeof item === 'number')) {
    return items.reduce((total: number, item) => total + Number(item), 0);
  }
  const total = items.reduce((total: bigint, item) => total + BigInt(item), 0n);
  if (BigInt.asIntN(64, total) !== total) throw new Error('integer overflow');
  return total;
}

function extreme(name: string, items: readonly Item[], isBetter: (a: Item, b: Item) => boolean): Item {
  const [first, ...rest] = items;
  if (first === undefined) throw new Error(`${name} called on empty list`);
  return rest.reduce((best, item) => (isBetter(item, best) ? item : best), first);
}
