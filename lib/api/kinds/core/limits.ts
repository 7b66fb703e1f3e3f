import { at, child, duplicate, invalidValue } from '../../field-errors.ts';
import { compareQuantities, readQuantity } from '../../quantity.ts';
import type { LimitRange, LimitRangeItem, ResourceQuota } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import type { Mutable } from '../object.ts';
import { roundResources } from '../pod/container-defaults.ts';
import { validateAmount } from '../pod/validate-resources.ts';

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

const ordered = ['min', 'defaultRequest', 'default', 'max'] as const;

function validateOrder(limit: LimitRangeItem, path: string): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [index, low] of ordered.entries()) {
    for (const high of ordered.slice(index + 1)) {
      for (const [name, least] of Object.entries(limit[low] ?? {})) {
        const most = limit[high]?.[name];
        if (most === undefined || readQuantity(least) === undefined || readQuantity(most) === undefined) continue;
        if (compareQuantities(least, most) <= 0) continue;
        const what = low === 'min' ? 'min' : low === 'default' ? 'default' : 'default request';
        const detail = `${what} value ${least} is greater than ${high} value ${most}`;
        causes.push(invalidValue(at(child(path, low), name), least, detail));
      }
    }
  }
  return causes;
}

export const resourceQuota: KindParts<ResourceQuota> = {
  defaults({ spec }) {
    roundResources(spec?.hard);
  },
  validate({ spec }) {
    return Object.entries(spec?.hard ?? {}).flatMap(([name, amount]) =>
      validateAmount(name, amount, at('spec.hard', name)),
    );
  },
  columns: columns(['Name', 'Request', 'Limit', '@Age']),
  row({ metadata, status }, nowMs) {
    const hard = status?.hard ?? {};
    const shown = (isLimit: boolean) =>
      Object.keys(hard)
        .filter((name) => name.startsWith('limits.') === isLimit)
        .sort()
        .map((name) => `${name}: ${status?.used?.[name] ?? '0'}/${hard[name]}`)
        .join(', ');
    return [metadata.name, shown(false), shown(true), ageOf(metadata, nowMs)];
  },
};
