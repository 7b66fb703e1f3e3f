// What an evaluation has cost so far. Expressions never wait, so there is one at a time: what they call finds its meter here.

/** What several expressions may cost together: all on one object, or all of one policy. */
export interface Budget {
  left: number;
}

/** Upstream's limits. Rule: k8s.io/apiserver pkg/apis/cel, config. */
export const mostPerExpression = 1_000_000;
export const mostPerPolicy = 10_000_000;
export const mostForConditions = 2_500_000;

/** Ends an evaluation. No expression can go on after it. */
export class CostError extends Error {
  override readonly name = 'CostError';
}

interface Meter {
  spent: number;
  readonly most: number;
}

let current: Meter = { spent: 0, most: Number.POSITIVE_INFINITY };

/** @throws {CostError} if the expression has cost more than it may */
export function charge(cost: number): void {
  current.spent += cost;
  if (current.spent > current.most) throw new CostError('operation cancelled: actual cost limit exceeded');
}

/** Runs `work` within the limit of one expression, on account of `budget`. @throws {CostError} if either is exhausted */
export function metered<T>(work: () => T, budget: Budget | undefined): T {
  const before = current;
  const own: Meter = { spent: 0, most: mostPerExpression };
  current = own;
  try {
    return work();
  } finally {
    current = before;
    settle(own.spent, budget);
  }
}

function settle(spent: number, budget: Budget | undefined): void {
  if (budget === undefined) return;
  budget.left -= spent;
  if (budget.left < 0) throw new CostError(exhausted);
}

export const exhausted = 'validation failed due to running out of cost budget, no further validation rules will be run';

const deepSizes = new WeakMap<object, number>();

/** How much there is in a value, however deep: what comparing it costs. */
export function deepSizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 1;
  const known = deepSizes.get(value);
  if (known !== undefined) return known;
  let size = 1;
  if (Array.isArray(value)) for (const item of value) size += deepSizeOf(item);
  else if (value instanceof Map) for (const [key, item] of value) size += deepSizeOf(key) + deepSizeOf(item);
  else if (value instanceof Uint8Array) size += value.length;
  deepSizes.set(value, size);
  return size;
}

/** Characters of a text, members of a list or map; 1 of anything else. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return value instanceof Map ? value.size : 1;
}
