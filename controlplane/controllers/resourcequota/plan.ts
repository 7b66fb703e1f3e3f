// The status that a quota should have, from what stands in its namespace. Pure.
// Rule: resource quota controller, syncResourceQuota.
import type { KubeObject } from '#lib/api/resource.ts';
import type { ResourceQuota } from '#lib/api/types/core.v1.ts';
import { type Amounts, isSameAmounts, mask, sum } from '../../quota/amounts.ts';
import { isInScope } from '../../quota/scopes.ts';
import { type Counted, countedBy, usageOf } from '../../quota/usage.ts';

/** Objects of the quota's namespace; undefined: nobody knows that resource. */
export type ObjectsOf = (counted: Counted) => readonly KubeObject[] | undefined;

/** Undefined: it has it already. */
export function planStatus(
  quota: ResourceQuota,
  objectsOf: ObjectsOf,
  nowMs: number,
): ResourceQuota['status'] | undefined {
  const hard = quota.spec.hard ?? {};
  const used: Record<string, string> = {};
  for (const [key, names] of Map.groupBy(Object.keys(hard), keyOf)) {
    const counted = countedBy(names[0]!);
    const objects = counted && objectsOf(counted);
    if (key === '' || counted === undefined || objects === undefined) {
      Object.assign(used, mask(quota.status.used ?? {}, names));
      continue;
    }
    const counting = objects.filter((object) => isInScope(quota, counted, object));
    const total: Amounts = sum(counting.map((object) => usageOf(counted, object, nowMs)));
    for (const name of names) used[name] = total[name] ?? '0';
  }
  const { status } = quota;
  return isSameAmounts(status.hard, hard) && isSameAmounts(status.used, used) ? undefined : { ...status, hard, used };
}

function keyOf(name: string): string {
  const counted = countedBy(name);
  return counted === undefined ? '' : `${counted.resource}.${counted.group}`;
}
