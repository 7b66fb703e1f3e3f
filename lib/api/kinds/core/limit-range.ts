import { at, child, duplicate, invalidValue } from '../../field-errors.ts';
import { compareQuantities, readQuantity } from '../../quantity.ts';
import type { LimitRange, LimitRangeItem } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import type { Mutable } from '../object.ts';
import { roundResources } from '../pod/container-defaults.ts';

export const limitRange: KindParts<LimitRange> = {
  allowsCreateOnUpdate: true,
  defaults({ spec }) {
    for (const limit of spec?.limits ?? []) defaultLimit(limit);
  },
  validate({ spec }) {
    const causes: StatusCause[] = [];
    const taken = new Set<string>();
    for (const [index, limit] of (spec?.limits ?? []).entries()) {
      const field = at('spec.limits', index);
      if (taken.has(limit.type)) causes.push(duplicate(child(field, 'type'), limit.type));
      taken.add(limit.type);
      causes.push(...validateOrder(limit, field));
    }
    return causes;
  },
  columns: columns(['Name', '@Created At']),
  row: ({ metadata }) => [metadata.name, metadata.creationTimestamp ?? '<unknown>'],
};

/** A container's default limit is the most it may have; its default request is its default limit, or else the least. */
function defaultLimit(limit: Mutable<LimitRangeItem>): void {
  if (limit.type === 'Container') {
    limit.default = { ...limit.max, ...limit.default };
    limit.defaultRequest = { ...limit.min, ...limit.default, ...limit.defaultRequest };
    if (Object.keys(limit.default).length === 0) delete limit.default;
    if (Object.keys(limit.defaultRequest).length === 0) delete limit.defaultRequest;
  }
  for (const list of [limit.max, limit.min, limit.default, limit.defaultRequest]) roundResources(list);
}

/** Each pair that has an order: where the error stands, the low one, the high one, and their names. */
const pairs = [
  ['min', 'min', 'max', 'min', 'max'],
  ['defaultRequest', 'min', 'defaultRequest', 'min', 'default request'],
  ['defaultRequest', 'defaultRequest', 'max', 'default request', 'max'],
  ['defaultRequest', 'defaultRequest', 'default', 'default request', 'default limit'],
  ['default', 'min', 'default', 'min', 'default'],
  ['default', 'default', 'max', 'default', 'max'],
] as const;

function validateOrder(limit: LimitRangeItem, path: string): StatusCause[] {
  const names = new Set(pairs.flatMap(([key]) => Object.keys(limit[key] ?? {})));
  return [...names].sort().flatMap((name) =>
    pairs.flatMap(([key, low, high, lowName, highName]) => {
      const [least, most] = [limit[low]?.[name], limit[high]?.[name]];
      if (least === undefined || most === undefined) return [];
      if (readQuantity(least) === undefined || readQuantity(most) === undefined) return [];
      if (compareQuantities(least, most) <= 0) return [];
      const detail = `${lowName} value ${least} is greater than ${highName} value ${most}`;
      return [invalidValue(at(child(path, key), name), limit[key]![name], detail)];
    }),
  );
}
