import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Plugin, Refusal, World } from './plugin.ts';
import type { NodeInfo } from './snapshot.ts';

// One pod, one look at all nodes: filter, score, choose. Pure.

export type Outcome =
  | { readonly node: string; readonly evaluated: number; readonly feasible: number }
  | { readonly node?: undefined; readonly message: string; readonly refusals: ReadonlyMap<string, Refusal> };

/** @param start where the search among equals begins, so that equal nodes take turns */
export function schedule(pod: Pod, world: World, plugins: readonly Plugin[], start: number): Outcome {
  const prepared = new Map(plugins.map((plugin) => [plugin.name, plugin.prepare?.(pod, world)]));
  const refusals = new Map<string, Refusal>();
  const feasible: NodeInfo[] = [];
  for (const info of world.nodes) {
    const refusal = firstRefusal(pod, info, plugins, prepared);
    if (refusal === undefined) feasible.push(info);
    else refusals.set(info.node.metadata.name, refusal);
  }
  if (feasible.length === 0) return { message: explain(world.nodes.length, refusals), refusals };
  const node = feasible.length === 1 ? feasible[0]! : best(pod, feasible, plugins, prepared, start);
  return { node: node.node.metadata.name, evaluated: world.nodes.length, feasible: feasible.length };
}

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
  start: number,
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
  let chosen = start % nodes.length;
  for (let step = 1; step < nodes.length; step++) {
    const i = (start + step) % nodes.length;
    if (totals[i]! > totals[chosen]!) chosen = i;
  }
  return nodes[chosen]!;
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
