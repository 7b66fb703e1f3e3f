import type { PodStatus } from '#lib/api/types/core.v1.ts';
import { resizeTypes } from './conditions.ts';

/**
 * The strategic merge patch that turns `told` into `wanted`; `undefined` if nothing differs.
 * Lists that are merged by a key (podIPs) are replaced whole; conditions of others, which are not ours to remove, stay.
 */
export function statusPatch(told: PodStatus, wanted: PodStatus): Readonly<Record<string, unknown>> | undefined {
  const patch: Record<string, unknown> = {};
  const before = told as Readonly<Record<string, unknown>>;
  const after = wanted as Readonly<Record<string, unknown>>;
  for (const key of new Set([...ours, ...Object.keys(after)])) {
    if (same(before[key], after[key])) continue;
    const value = after[key];
    if (value === undefined) patch[key] = null;
    else if (isMergedList(key) && Array.isArray(value)) patch[key] = [...value, { $patch: 'replace' }];
    else if (key === 'conditions') patch[key] = changedConditions(told, wanted);
    else patch[key] = value;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Whether all that is new is which generation of the pod the rest is true of. */
export function isOnlyGeneration(told: PodStatus, wanted: PodStatus): boolean {
  return statusPatch(withoutGeneration(told), withoutGeneration(wanted)) === undefined;
}

/** Whether all that is new is that the pod was seen, and that its containers are being made. */
export function isOnlyBeginning(told: PodStatus, wanted: PodStatus): boolean {
  if (told.startTime !== undefined || wanted.phase !== 'Pending') return false;
  const all = [...(wanted.initContainerStatuses ?? []), ...(wanted.containerStatuses ?? [])];
  return all.length > 0 && all.every(({ state }) => beginnings.has(state?.waiting?.reason ?? ''));
}
const beginnings: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

function withoutGeneration({ observedGeneration: _, conditions, ...status }: PodStatus): PodStatus {
  if (conditions === undefined) return status;
  return { ...status, conditions: conditions.map(({ observedGeneration: _generation, ...condition }) => condition) };
}

/** Fields that we may have written, and hence take away. */
const ours: readonly string[] = [
  'podIP',
  'podIPs',
  'reason',
  'message',
  'initContainerStatuses',
  'containerStatuses',
  'ephemeralContainerStatuses',
  'resources',
  'allocatedResources',
];

function isMergedList(key: string): boolean {
  return key === 'podIPs' || key === 'hostIPs';
}

/** Our conditions that are there only for a time. */
const passing: ReadonlySet<string> = new Set(resizeTypes);

/** Merged by their type: what a condition no longer has must be taken away by name. */
function changedConditions(told: PodStatus, wanted: PodStatus): readonly unknown[] {
  const now = wanted.conditions ?? [];
  const ended = (told.conditions ?? []).filter(
    ({ type }) => passing.has(type) && !now.some((one) => one.type === type),
  );
  const changed = now.flatMap((condition) => {
    const before = told.conditions?.find(({ type }) => type === condition.type);
    if (before === undefined) return [condition];
    if (same(before, condition)) return [];
    const gone = Object.keys(before).filter((key) => !(key in condition));
    return [{ ...condition, ...Object.fromEntries(gone.map((key) => [key, null])) }];
  });
  return [...changed, ...ended.map(({ type }) => ({ type, $patch: 'delete' }))];
}

/** Whatever the order of keys. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return (a ?? null) === (b ?? null);
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...keys].every((key) => same(left[key], right[key]));
}
