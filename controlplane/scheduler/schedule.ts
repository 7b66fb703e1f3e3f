import type { Pod } from '#lib/api/types/core.v1.ts';
import { type Plugin, type Refusal, skip, type World } from './plugin.ts';
import type { NodeInfo } from './snapshot.ts';

// One pod, one look at all nodes: filter, score, choose. Pure.

export type Outcome =
  | { readonly node: string; readonly evaluated: number; readonly feasible: number }
  | {
      readonly node?: undefined;
      readonly message: string;
      readonly refusals: ReadonlyMap<string, Refusal>;
      /** The plugins that refused it somewhere. */
      readonly refusedBy: ReadonlySet<string>;
      readonly evaluated: number;
    };

/** Told how a look goes on, for those who measure. */
export interface Watch {
  /** One plugin is asked about the pod. */
  asked(point: WatchedPoint, plugin: Plugin): void;
  /** All are done. */
  passed(point: WatchedPoint): void;
}

export type WatchedPoint = 'PreFilter' | 'Filter' | 'PreScore' | 'Score';

/**
 * Of many nodes, only so many are scored as are enough to find a good one.
 * @param start where the search begins, so that equal nodes take turns
 * @param percentage of nodes that are enough; undefined: fewer the more there are
 */
export function schedule(
  pod: Pod,
  world: World,
  plugins: readonly Plugin[],
  start: number,
  percentage?: number,
  watch?: Watch,
): Outcome {
  const { nodes, unasked } = narrowed(pod, world, plugins);
  const checks = checksOf(pod, world, plugins, watch);
  watch?.passed('PreFilter');
  const refusals = new Map<string, Refusal>();
  const refusedBy = new Set<string>(unasked === undefined ? [] : [unasked]);
  const promisedName = pod.status?.nominatedNodeName;
  const promised = promisedName && nodes.find(({ node }) => node.metadata.name === promisedName);
  if (promised && refusalOn(promised, pod, world, plugins, checks) === undefined) {
    watch?.passed('Filter');
    return { node: promised.node.metadata.name, evaluated: 1, feasible: 1 }; // others left it for this one
  }
  const feasible: NodeInfo[] = [];
  const count = nodes.length;
  const enough = enoughOf(count, percentage);
  let evaluated = 0;
  for (; evaluated < count && feasible.length < enough; evaluated++) {
    const info = nodes[(start + evaluated) % count]!;
    const found = refusalOn(info, pod, world, plugins, checks);
    if (found === undefined) feasible.push(info);
    else {
      refusals.set(info.node.metadata.name, found.refusal);
      refusedBy.add(found.by);
    }
  }
  watch?.passed('Filter');
  if (feasible.length === 0) {
    const others = unasked === undefined ? 0 : world.nodes.length - count;
    const message = explain(world.nodes.length, refusals, others > 0 ? [`${others} ${unaskedText(unasked!)}`] : []);
    return { message, refusals, refusedBy, evaluated };
  }
  const node = feasible.length === 1 ? feasible[0]! : best(pod, world, feasible, plugins, watch);
  return { node: node.node.metadata.name, evaluated, feasible: feasible.length };
}

function refusalOn(
  info: NodeInfo,
  pod: Pod,
  world: World,
  plugins: readonly Plugin[],
  checks: readonly Check[],
): { readonly refusal: Refusal; readonly by: string } | undefined {
  const refusal = firstRefusal(pod, info, checks);
  return refusal ?? (world.isPromised ? refusalWithNominated(pod, info, plugins, world) : undefined);
}

/** Rule: kube-scheduler's `percentageOfNodesToScore`; where it is not set: 50 %, less by one for each 125 nodes. */
function enoughOf(count: number, percentage: number | undefined): number {
  if (count <= leastScored) return count;
  const share = percentage || Math.max(Math.trunc(50 - count / 125), 5);
  return Math.max(leastScored, Math.floor((count * share) / 100));
}
const leastScored = 100;

interface Narrowed {
  readonly nodes: readonly NodeInfo[];
  /** The plugin for which no other node is asked. */
  readonly unasked: string | undefined;
}

function narrowed(pod: Pod, world: World, plugins: readonly Plugin[]): Narrowed {
  for (const plugin of plugins) {
    const names = plugin.narrow?.(pod);
    if (names !== undefined) return { nodes: names.flatMap((name) => world.node(name) ?? []), unasked: plugin.name };
  }
  return { nodes: world.nodes, unasked: undefined };
}

function unaskedText(plugin: string): string {
  return `node(s) didn't satisfy plugin(s) [${plugin}]`;
}

/** A plugin with something to say about the pod, and what it has found out about it. */
export interface Check {
  readonly plugin: Plugin;
  readonly prepared: unknown;
}

export function checksOf(pod: Pod, world: World, plugins: readonly Plugin[], watch?: Watch): readonly Check[] {
  return plugins.flatMap((plugin) => {
    if (plugin.filter === undefined) return [];
    if (plugin.prepare !== undefined) watch?.asked('PreFilter', plugin);
    const prepared = plugin.prepare?.(pod, world);
    if (prepared === skip) return [];
    watch?.asked('Filter', plugin);
    return [{ plugin, prepared }];
  });
}

export function firstRefusal(
  pod: Pod,
  info: NodeInfo,
  checks: readonly Check[],
): { readonly refusal: Refusal; readonly by: string } | undefined {
  for (const { plugin, prepared } of checks) {
    const refusal = plugin.filter!(pod, info, prepared);
    if (refusal !== undefined) return { refusal, by: plugin.name };
  }
  return undefined;
}

/** Room that a pod no less important waits for is taken. Rule: RunFilterPluginsWithNominatedPods. */
export function refusalWithNominated(pod: Pod, info: NodeInfo, plugins: readonly Plugin[], world: World) {
  const { name } = info.node.metadata;
  const waiting = world.nominated(name).filter((other) => {
    return other.metadata.uid !== pod.metadata.uid && (other.spec.priority ?? 0) >= (pod.spec.priority ?? 0);
  });
  if (waiting.length === 0) return undefined;
  return world.trial(name, { with: waiting }, () =>
    firstRefusal(pod, world.node(name)!, checksOf(pod, world, plugins)),
  );
}

function best(
  pod: Pod,
  world: World,
  nodes: readonly NodeInfo[],
  plugins: readonly Plugin[],
  watch: Watch | undefined,
): NodeInfo {
  const totals = new Float64Array(nodes.length);
  const scoring = plugins.flatMap((plugin) => {
    if (plugin.score === undefined) return [];
    if (plugin.prepareScore !== undefined) watch?.asked('PreScore', plugin);
    const prepared = plugin.prepareScore?.(pod, world, nodes);
    return prepared === skip ? [] : [{ plugin, prepared }];
  });
  watch?.passed('PreScore');
  for (const { plugin, prepared } of scoring) {
    watch?.asked('Score', plugin);
    const raw = nodes.map((info) => plugin.score!(pod, info, prepared));
    const scores = plugin.normalize?.(raw, nodes, prepared) ?? raw;
    const { weight = 1 } = plugin;
    for (let i = 0; i < totals.length; i++) totals[i]! += scores[i]! * weight;
  }
  watch?.passed('Score');
  let at = 0;
  for (let i = 1; i < totals.length; i++) if (totals[i]! > totals[at]!) at = i;
  return nodes[at]!;
}

/** "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable." Reasons sorted as upstream sorts them. */
export function explain(count: number, refusals: ReadonlyMap<string, Refusal>, others: readonly string[] = []): string {
  if (count === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const { reasons } of refusals.values())
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...[...counts].map(([reason, n]) => `${n} ${reason}`), ...others].sort();
  return `0/${count} nodes are available: ${parts.join(', ')}.`;
}
