// What a pod counts for. Rule: resource quota's pod evaluator; resourcehelper.PodRequests and PodLimits.
import { addQuantities, compareQuantities } from '#lib/api/quantity.ts';
import type { Container, Pod } from '#lib/api/types/core.v1.ts';
import { type Amounts, largest, sum } from './amounts.ts';

/** Objects that are still stored count as such; what they ask for counts while they may run. */
export function podUsage(pod: Pod, nowMs: number): Amounts {
  const stored = { 'count/pods': '1' };
  if (!isCharged(pod, nowMs)) return stored;
  return { ...stored, pods: '1', ...named(podTotal(pod, 'requests'), podTotal(pod, 'limits')) };
}

/** Neither ended nor past its time to go. */
function isCharged({ metadata, status }: Pod, nowMs: number): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return nowMs <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

/** Requests and limits under the names that quotas know them by. */
function named(requests: Amounts, limits: Amounts): Amounts {
  const usage: Record<string, string> = {};
  for (const [name, amount] of Object.entries(requests)) {
    if (computed.includes(name) || name.startsWith('hugepages-')) usage[name] = amount;
    if (computed.includes(name) || name.startsWith('hugepages-') || isExtended(name))
      usage[`requests.${name}`] = amount;
  }
  for (const name of computed) if (limits[name] !== undefined) usage[`limits.${name}`] = limits[name];
  return usage;
}
const computed = ['cpu', 'memory', 'ephemeral-storage'];

export function isExtended(name: string): boolean {
  return name.includes('/') && !/^([^/]+\.)?kubernetes\.io\//.test(name) && !name.startsWith('requests.');
}

/** The larger of what runs side by side and what any step of the start needs, and the overhead. */
function podTotal({ spec }: Pod, list: 'requests' | 'limits'): Amounts {
  const amountsOf = ({ resources }: Container): Amounts => resources?.[list] ?? {};
  let sidecars: Amounts = {};
  let peak: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    const with_ = sum([sidecars, amountsOf(container)]);
    if (container.restartPolicy === 'Always') sidecars = with_;
    peak = largest(peak, with_);
  }
  const running = sum([...(spec.containers ?? []).map(amountsOf), sidecars]);
  const whole: Record<string, string> = { ...largest(running, peak), ...spec.resources?.[list] };
  for (const [name, amount] of Object.entries(spec.overhead ?? {})) {
    const own = whole[name];
    if (list === 'requests' || own !== undefined) whole[name] = own === undefined ? amount : addQuantities(own, amount);
  }
  return whole;
}

/**
 * What is wrong with a pod that leaves unsaid what a quota counts; undefined if nothing is.
 * Rule: podEvaluator.Constraints: each container says so itself, unless the pod does as a whole.
 */
export function unspecified({ spec }: Pod, required: readonly string[]): string | undefined {
  const wanted = required.filter((name) => checked.includes(name));
  const parts = wanted.toSorted().flatMap((name) => {
    const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
    const says = (one: Container | { readonly resources?: Container['resources'] }) =>
      named(one.resources?.requests ?? {}, one.resources?.limits ?? {})[name] !== undefined;
    if (says(spec)) return [];
    const silent = containers.filter((container) => !says(container)).map((container) => container.name);
    return silent.length === 0 ? [] : [`${name} for: ${silent.toSorted().join(',')}`];
  });
  return parts.length === 0 ? undefined : `must specify ${parts.join('; ')}`;
}
const checked = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/** Whether `a` is more than `b`; what is absent is none. */
export function isMore(a: string, b: string | undefined): boolean {
  return compareQuantities(a, b ?? '0') > 0;
}
