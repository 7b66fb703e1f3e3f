import { addQuantities, compareQuantities, readQuantity, subtractQuantities } from '#lib/api/quantity.ts';

/** Quantities by the name of a resource. */
export type Amounts = Readonly<Record<string, string>>;

export function sum(lists: readonly Amounts[]): Amounts {
  const total: Record<string, string> = {};
  for (const list of lists) {
    for (const [name, amount] of Object.entries(list)) {
      total[name] = total[name] === undefined ? amount : addQuantities(total[name], amount);
    }
  }
  return total;
}

export function largest(a: Amounts, b: Amounts): Amounts {
  const result: Record<string, string> = { ...a };
  for (const [name, amount] of Object.entries(b)) {
    if (result[name] === undefined || compareQuantities(amount, result[name]) > 0) result[name] = amount;
  }
  return result;
}

/** What `now` has more of than `before`. */
export function increase(now: Amounts, before: Amounts): Amounts {
  const rows = Object.entries(now).map(
    ([name, amount]) => [name, subtractQuantities(amount, before[name] ?? '0')] as const,
  );
  return Object.fromEntries(rows.filter(([, amount]) => compareQuantities(amount, '0') > 0));
}

/** Those of `amounts` that have one of `names`. */
export function mask(amounts: Amounts, names: Iterable<string>): Amounts {
  const result: Record<string, string> = {};
  for (const name of names) if (amounts[name] !== undefined) result[name] = amounts[name];
  return result;
}

export function isSameAmounts(a: Amounts | undefined, b: Amounts | undefined): boolean {
  const [left, right] = [Object.entries(a ?? {}), b ?? {}];
  if (left.length !== Object.keys(right).length) return false;
  return left.every(([name, amount]) => {
    const other = right[name];
    return other !== undefined && readQuantity(amount)?.nanos === readQuantity(other)?.nanos;
  });
}

/** `cpu=1,memory=2Gi`. */
export function amountsText(amounts: Amounts): string {
  return Object.keys(amounts)
    .sort()
    .map((name) => `${name}=${amounts[name]}`)
    .join(',');
}
