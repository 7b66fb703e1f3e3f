// Resources of a pod as a whole, as far as they follow from those of its containers.
// Rule: core/v1 defaultHugePagePodLimits, defaultPodRequests and defaultPodLimits.
import { addQuantities, compareQuantities, readQuantity } from '../../quantity.ts';
import type { PodSpec } from '../../types/core.v1.ts';
import type { Mutable } from '../object.ts';

type Amounts = Record<string, string>;

export function defaultPodResources(spec: Mutable<PodSpec>): void {
  const { resources } = spec;
  if (resources === undefined || isNone(resources.limits, resources.requests)) return;
  const limits = totalOf(spec, 'limits');
  const huge = pick(limits, (name) => isHuge(name) && resources.requests?.[name] === undefined);
  if (resources.limits !== undefined || Object.keys(huge).length > 0)
    resources.limits = { ...huge, ...resources.limits };
  if (!isNone(resources.limits)) {
    const requests = pick(totalOf(spec, 'requests'), isOvercommitted);
    resources.requests = { ...pick(resources.limits ?? {}, isSupported), ...requests, ...resources.requests };
    return;
  }
  // With requests only, limits follow where every container has one.
  const everywhere = pick(limits, (name) => isOvercommitted(name) && hasEverywhere(spec, name));
  if (!isNone(everywhere)) resources.limits = everywhere;
}

/**
 * The most that the containers need at any time: all that run side by side, or one of those that run before them
 * together with the sidecars that are there by then.
 */
export function totalOf(spec: PodSpec, field: 'limits' | 'requests'): Amounts {
  const sidecars: Amounts = {};
  const before: Amounts = {};
  for (const { resources, restartPolicy } of spec.initContainers ?? []) {
    const own = { ...sidecars };
    add(own, resources?.[field]);
    if (restartPolicy === 'Always') add(sidecars, resources?.[field]);
    raise(before, own);
  }
  const total: Amounts = { ...sidecars };
  for (const { resources } of spec.containers ?? []) add(total, resources?.[field]);
  raise(total, before);
  return total;
}

function add(total: Amounts, amounts: Readonly<Amounts> = {}): void {
  for (const [name, value] of Object.entries(amounts)) {
    if (readQuantity(value) !== undefined) total[name] = addQuantities(total[name] ?? '0', value);
  }
}

function raise(total: Amounts, amounts: Readonly<Amounts>): void {
  for (const [name, value] of Object.entries(amounts)) {
    if (compareQuantities(value, total[name] ?? '0') > 0) total[name] = value;
  }
}

function hasEverywhere(spec: PodSpec, name: string): boolean {
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  return all.every(({ resources }) => resources?.limits?.[name] !== undefined);
}

function pick(amounts: Amounts, isWanted: (name: string) => boolean): Amounts {
  return Object.fromEntries(Object.entries(amounts).filter(([name]) => isWanted(name)));
}

function isNone(...lists: readonly (Amounts | undefined)[]): boolean {
  return lists.every((list) => Object.keys(list ?? {}).length === 0);
}

function isSupported(name: string): boolean {
  return isOvercommitted(name) || isHuge(name);
}

/** Of what pods may have as a whole: all but huge pages. */
function isOvercommitted(name: string): boolean {
  return name === 'cpu' || name === 'memory';
}

function isHuge(name: string): boolean {
  return name.startsWith('hugepages-');
}
