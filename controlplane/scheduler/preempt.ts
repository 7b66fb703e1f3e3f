import { add, nonZeroRequests, podRequests } from '#lib/api/scheduling/requests.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Plugin, Refusal, World } from './plugin.ts';
import { firstRefusal } from './schedule.ts';
import type { NodeInfo } from './snapshot.ts';

export interface Preemption {
  readonly node: string;
  readonly victims: readonly Pod[];
}

/**
 * The node on which the fewest and least important pods of lower priority would have to go, so that `pod` fits.
 * Rule: Pod Priority and Preemption. Undefined where the pod may not preempt, or where it would not help. Pure.
 */
export function preempt(
  pod: Pod,
  world: World,
  plugins: readonly Plugin[],
  refusals: ReadonlyMap<string, Refusal>,
): Preemption | undefined {
  if (pod.spec.preemptionPolicy === 'Never') return undefined;
  const priority = pod.spec.priority ?? 0;
  const candidates = world.nodes.flatMap((info): Preemption[] => {
    if (refusals.get(info.node.metadata.name)?.isFinal) return [];
    const lower = info.pods.filter((other) => (other.spec.priority ?? 0) < priority);
    if (lower.length === 0) return [];
    if (lower.some((other) => other.metadata.deletionTimestamp !== undefined)) return []; // room is being made already
    const victims = victimsOn(pod, info, lower, world, plugins);
    return victims === undefined ? [] : [{ node: info.node.metadata.name, victims }];
  });
  return candidates.sort(compare)[0];
}

/** All of `lower` go; then those come back, most important first, with which the pod still fits. */
function victimsOn(
  pod: Pod,
  info: NodeInfo,
  lower: readonly Pod[],
  world: World,
  plugins: readonly Plugin[],
): readonly Pod[] | undefined {
  const fits = (node: NodeInfo) => {
    const nodes = world.nodes.map((other) => (other.node.metadata.name === node.node.metadata.name ? node : other));
    const prepared = new Map(plugins.map((plugin) => [plugin.name, plugin.prepare?.(pod, { ...world, nodes })]));
    return firstRefusal(pod, node, plugins, prepared) === undefined;
  };
  let left = lower.reduce(without, info);
  if (!fits(left)) return undefined;
  const victims: Pod[] = [];
  for (const other of [...lower].sort(byImportance)) {
    const back = withPod(left, other);
    if (fits(back)) left = back;
    else victims.push(other);
  }
  return victims;
}

function byImportance(a: Pod, b: Pod): number {
  const byPriority = (b.spec.priority ?? 0) - (a.spec.priority ?? 0);
  return byPriority !== 0 ? byPriority : (a.status.startTime ?? '').localeCompare(b.status.startTime ?? '');
}

/** Lowest highest priority first, then lowest sum, then fewest, then latest start. */
function compare(a: Preemption, b: Preemption): number {
  const highest = ({ victims }: Preemption) => Math.max(...victims.map((pod) => pod.spec.priority ?? 0), -(2 ** 31));
  const sum = ({ victims }: Preemption) => victims.reduce((total, pod) => total + (pod.spec.priority ?? 0), 0);
  return (
    highest(a) - highest(b) || sum(a) - sum(b) || a.victims.length - b.victims.length || a.node.localeCompare(b.node)
  );
}

function without(info: NodeInfo, pod: Pod): NodeInfo {
  return change(
    info,
    pod,
    -1,
    info.pods.filter((other) => other !== pod),
  );
}

function withPod(info: NodeInfo, pod: Pod): NodeInfo {
  return change(info, pod, 1, [...info.pods, pod]);
}

function change(info: NodeInfo, pod: Pod, sign: 1 | -1, pods: readonly Pod[]): NodeInfo {
  const more = nonZeroRequests(pod);
  return {
    ...info,
    pods,
    requested: add(info.requested, podRequests(pod), sign),
    nonZero: { cpu: info.nonZero.cpu + sign * more.cpu, memory: info.nonZero.memory + sign * more.memory },
  };
}
