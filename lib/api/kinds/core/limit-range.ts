import type { LimitRange, LimitRangeItem } from '../../types/core.v1.ts';
import { columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import type { Mutable } from '../object.ts';
import { roundResources } from '../pod/container-defaults.ts';
import { validateLimitRange } from './limit-range-validate.ts';

export const limitRange: KindParts<LimitRange> = {
  allowsCreateOnUpdate: true,
  defaults({ spec }) {
    for (const limit of spec?.limits ?? []) defaultLimit(limit);
  },
  validate: validateLimitRange,
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
  for (const list of [limit.max, limit.min, limit.default, limit.defaultRequest, limit.maxLimitRequestRatio])
    roundResources(list);
}
