import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Plugin, Refusal, World } from './plugin.ts';
import type { NodeInfo } from './snapshot.ts';

// One pod, one look at all nodes: filter, score, choose. Pure.

export type Outcome =
  | { readonly node: string; readonly evaluated: number; readonly feasible: number }
  | {
      readonly node?: undefined;
      readonly message: string;
      readonly refusals: ReadonlyMap<string, Refusal>;
      readonly evaluated: number;
    };

/**
 * Of many nodes, only so many are scored as are enough to find a good one.
 * @param start where the search begins, so that equal nodes take turns
 */
export function schedule(pod: Pod, world: World, plugins: readonly Plugin[], start: number): Outcome {
  const prepared = new Map(plugins.map((plugin) => [plugin.name, plugin.prepare?.(pod, world)]));
  const refusals = new Map<string, Refusal>();
  const feasible: NodeInfo[] = [];
  const count = world.nodes.length;
  const enough = enoughOf(count);
  let evaluated = 0;
  for (; evaluated < count && feasible.length < enough; evaluated++) {
    const info = world.nodes[(start + evaluated) % count]!;
    const refusal = firstRefusal(pod, info, plugins, prepared);
    if (refusal === undefined) feasible.push(info);
    else refusals.set(info.node.metadata.name, refusal);
  }
  if (feasible.length === 0) return { message: explain(count, refusals), refusals, evaluated };
  const node = feasible.length === 1 ? feasible[0]! : best(pod, feasible, plugins, prepared);
  return { node: node.node.metadata.name, evaluated, feasible: feasible.length };
}

/** Rule: kube-scheduler's `percentageOfNodesToScore` where it is not set: 50 %, less by one for each 125 nodes. */
function enoughOf(count: number): number {
  if (count <= leastScored) return count;
  return Math.max(leastScored, Math.floor((count * Math.max(50 - count / 125, 5)) / 100));
}
const leastScored = 100;

export function firstRefusal(
  pod: Pod,
  info: NodeInfo,
  plugins: readonly Plugin[],
  prepared: ReadonlyMap<string, unknown>,
): Refusal | undefined {
  for (const plugin of plugins) {
    const refusal = plugin.filter?.(pod, info, prepared.get(plugin.name));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function best(
  pod: Pod,
  nodes: readonly NodeInfo[],
  plugins: readonly Plugin[],
  prepared: ReadonlyMap<string, unknown>,
): NodeInfo {
  const totals = new Array<number>(nodes.length).fill(0);
  for (const plugin of plugins) {
    if (plugin.score === undefined) continue;
    const raw = nodes.map((info) => plugin.score!(pod, info, prepared.get(plugin.name)));
    const scores = plugin.normalize?.(raw) ?? raw;
    scores.forEach((score, i) => {
      totals[i]! += score * (plugin.weight ?? 1);
    });
  }
  return nodes[totals.indexOf(Math.max(...totals))]!;
}

/** "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable." Reasons sorted as upstream sorts them. */
export function explain(count: number, refusals: ReadonlyMap<string, Refusal>): string {
  if (count === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const { reasons } of refusals.values())
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, n]) => `${n} ${reason}`).sort();
  return `0/${count} nodes are available: ${parts.join(', ')}.`;
}
