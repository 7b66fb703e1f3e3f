// Whether an object may come into its namespace as the quotas stand, and what they stand at afterwards. Pure.
// Rule: apiserver plugin resourcequota, checkRequest.
import type { KubeObject } from '#lib/api/resource.ts';
import type { Pod, ResourceQuota } from '#lib/api/types/core.v1.ts';
import { type Amounts, amountsText, increase, mask, sum } from './amounts.ts';
import { isMore, unspecified } from './pod-usage.ts';
import { isInScope } from './scopes.ts';
import { type Counted, namesFor, usageOf } from './usage.ts';

export interface Charge {
  readonly counted: Counted;
  readonly object: KubeObject;
  /** What stands there now, for changes. */
  readonly before?: KubeObject | undefined;
}

export type Verdict =
  /** Quotas whose usage grows, as they stand then. */
  | { readonly isAllowed: true; readonly changed: readonly ResourceQuota[] }
  | { readonly isAllowed: false; readonly why: string };

export function charge({ counted, object, before }: Charge, quotas: readonly ResourceQuota[], nowMs: number): Verdict {
  const concerned = quotas.filter((quota) => {
    const names = namesFor(counted, Object.keys(quota.status.hard ?? {}));
    return names.length > 0 && isInScope(quota, counted, object);
  });
  for (const quota of concerned) {
    const why = notReady(quota, { counted, object });
    if (why !== undefined) return { isAllowed: false, why };
  }
  if (concerned.length === 0) return none;
  const added = increase(usageOf(counted, object, nowMs), before === undefined ? {} : usageOf(counted, before, nowMs));
  const changed: ResourceQuota[] = [];
  for (const quota of concerned) {
    const { hard = {}, used = {} } = quota.status;
    const requested = mask(added, Object.keys(hard));
    if (Object.keys(requested).length === 0) continue;
    const next = sum([used, requested]);
    const exceeded = Object.keys(requested).filter((name) => isMore(next[name]!, hard[name]));
    if (exceeded.length > 0) return { isAllowed: false, why: exceedance(quota, requested, exceeded) };
    changed.push({ ...quota, status: { ...quota.status, used: next } });
  }
  return { isAllowed: true, changed };
}
const none: Verdict = { isAllowed: true, changed: [] };

/** What is missing before anything can be counted: the object's own words, or the quota's usage. */
function notReady(quota: ResourceQuota, { counted, object }: Pick<Charge, 'counted' | 'object'>): string | undefined {
  const { name } = quota.metadata;
  const { hard = {}, used = {} } = quota.status;
  const relevant = namesFor(counted, Object.keys(hard));
  if (counted.group === '' && counted.resource === 'pods') {
    const missing = unspecified(object as Pod, relevant);
    if (missing !== undefined) return `failed quota: ${name}: ${missing}`;
  }
  if (relevant.every((one) => used[one] !== undefined)) return undefined;
  return `status unknown for quota: ${name}, resources: ${relevant.toSorted().join(',')}`;
}

function exceedance({ metadata, status }: ResourceQuota, requested: Amounts, names: readonly string[]): string {
  const text = (amounts: Amounts | undefined): string => amountsText(mask(amounts ?? {}, names));
  return `exceeded quota: ${metadata.name}, requested: ${text(requested)}, used: ${text(status.used)}, limited: ${text(status.hard)}`;
}
