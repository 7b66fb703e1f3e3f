// Rule: Pod Topology Spread Constraints; PodTopologySpread of kube-scheduler.
import { matchesNode } from '#lib/api/scheduling/matches-node.ts';
import { untolerated } from '#lib/api/scheduling/tolerations.ts';
import { matchesLabels, type Selector, selectorOf } from '#lib/api/selectors/labels.ts';
import type { Pod, TopologySpreadConstraint } from '#lib/api/types/core.v1.ts';
import { mostScore, type Plugin, skip, type World } from '../plugin.ts';
import type { NodeInfo } from '../snapshot.ts';

export interface TopologySpreadArgs {
  readonly defaultConstraints?: readonly TopologySpreadConstraint[];
  /** `System`, or the list above. */
  readonly defaultingType?: 'System' | 'List';
}

export interface TopologySpreadFacts {
  /** What selects the pods of the same Service and owner as `pod`; undefined: it has neither. */
  selectorFor(pod: Pod): Selector | undefined;
}

interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
  readonly selector: Selector;
}

interface Counted extends Constraint {
  /** Matching pods by domain; a domain without any counts as 0. */
  readonly counts: ReadonlyMap<string, number>;
  readonly least: number;
  readonly isOwn: boolean;
}

interface Scored extends Constraint {
  readonly counts: ReadonlyMap<string, number>;
  readonly byNode: ReadonlyMap<string, number>;
  readonly weight: number;
}

interface PreparedScore {
  readonly scored: readonly Scored[];
  /** A node without one of the labels is the last choice. */
  readonly needsAll: boolean;
}

export function createTopologySpread(args: TopologySpreadArgs = {}, facts?: TopologySpreadFacts): Plugin {
  const isSystem = (args.defaultingType ?? 'System') === 'System';
  const defaults = isSystem ? systemConstraints : (args.defaultConstraints ?? []);

  function constraintsOf(pod: Pod, isHard: boolean): { readonly all: readonly Constraint[]; readonly isOwn: boolean } {
    const own = pod.spec.topologySpreadConstraints ?? [];
    const isMeant = ({ whenUnsatisfiable }: TopologySpreadConstraint) =>
      (whenUnsatisfiable !== 'ScheduleAnyway') === isHard;
    if (own.length > 0) return { all: own.filter(isMeant).map((one) => compile(one, pod)), isOwn: true };
    const wanted = defaults.filter(isMeant);
    const selector = wanted.length === 0 ? undefined : facts?.selectorFor(pod);
    return { all: selector === undefined ? [] : wanted.map((one) => compile(one, pod, selector)), isOwn: false };
  }

  return {
    name: 'PodTopologySpread',
    weight: 2,
    prepare(pod, world) {
      const { all } = constraintsOf(pod, true);
      return all.length === 0 ? skip : all.map((constraint) => count(pod, constraint, all, world));
    },
    filter(_pod, { node }, prepared) {
      for (const { topologyKey, maxSkew, counts, least, isOwn } of prepared as readonly Counted[]) {
        const domain = node.metadata.labels?.[topologyKey];
        if (domain === undefined) return missing;
        if ((counts.get(domain) ?? 0) + (isOwn ? 1 : 0) - least > maxSkew) return skewed;
      }
      return undefined;
    },
    prepareScore(pod, world, feasible): PreparedScore | typeof skip {
      const { all, isOwn } = constraintsOf(pod, false);
      if (all.length === 0) return skip;
      const needsAll = isOwn || !isSystem;
      return { needsAll, scored: all.map((constraint) => weigh(pod, constraint, world, feasible)) };
    },
    score(_pod, { node }, prepared) {
      const { scored, needsAll } = prepared as PreparedScore;
      const labels = node.metadata.labels ?? {};
      let sum = 0;
      for (const { topologyKey, counts, byNode, weight, maxSkew } of scored) {
        const domain = labels[topologyKey];
        if (domain === undefined) {
          if (needsAll) return left;
          continue;
        }
        const found = topologyKey === hostname ? byNode.get(node.metadata.name) : counts.get(domain);
        sum += (found ?? 0) * weight + maxSkew - 1;
      }
      return Math.round(sum);
    },
    normalize(scores) {
      const kept = scores.filter((score) => score !== left);
      const least = kept.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
      const most = kept.reduce((a, b) => Math.max(a, b), 0);
      return scores.map((score) => {
        if (score === left) return 0;
        return most === 0 ? mostScore : Math.trunc((mostScore * (most + least - score)) / most);
      });
    },
    helps(pod, change) {
      if (change.what === 'node' || change.what === 'nodeGone') return true; // with it a domain may have gone
      if (change.what !== 'pod') return false;
      const { all } = constraintsOf(pod, true);
      return [change.now, change.before].some(
        (other) => other !== undefined && all.some(({ selector }) => isMeant(pod, selector, other)),
      );
    },
  };
}

const missing = {
  reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
  isFinal: true,
};
const skewed = { reasons: ["node(s) didn't match pod topology spread constraints"] };
const left = -1;
const hostname = 'kubernetes.io/hostname';

/** Rule: "Internal default constraints". */
const systemConstraints: readonly TopologySpreadConstraint[] = [
  { topologyKey: hostname, maxSkew: 3, whenUnsatisfiable: 'ScheduleAnyway' },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, whenUnsatisfiable: 'ScheduleAnyway' },
];

export const podTopologySpread: Plugin = createTopologySpread();

function compile(constraint: TopologySpreadConstraint, { metadata }: Pod, selector?: Selector): Constraint {
  const labels = metadata.labels ?? {};
  const keys = (constraint.matchLabelKeys ?? []).filter((key) => Object.hasOwn(labels, key));
  const own = selector ?? selectorOf(constraint.labelSelector) ?? nothing;
  return {
    topologyKey: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    honorsAffinity: (constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor',
    honorsTaints: constraint.nodeTaintsPolicy === 'Honor',
    selector: [...own, ...keys.map((key) => ({ key, operator: 'In' as const, values: [labels[key]!] }))],
  };
}
const nothing: Selector = [
  { key: 'none', operator: 'Exists', values: [] },
  { key: 'none', operator: 'DoesNotExist', values: [] },
];

/** Where hard constraints count: nodes that bear the labels of all of them. */
function count(pod: Pod, constraint: Constraint, all: readonly Constraint[], world: World): Counted {
  const { topologyKey, minDomains, selector } = constraint;
  const byNode = matching(pod, selector, world);
  const counts = new Map<string, number>();
  for (const info of world.nodes) {
    const labels = info.node.metadata.labels;
    const domain = labels?.[topologyKey];
    if (domain === undefined || !all.every((other) => labels![other.topologyKey] !== undefined)) continue;
    if (!isCounted(pod, constraint, info)) continue;
    counts.set(domain, (counts.get(domain) ?? 0) + (byNode.get(info.node.metadata.name) ?? 0));
  }
  let least = Number.POSITIVE_INFINITY;
  for (const found of counts.values()) least = Math.min(least, found);
  if (counts.size < minDomains || counts.size === 0) least = 0;
  return { ...constraint, counts, least, isOwn: isMeant(pod, selector, pod) };
}

function weigh(pod: Pod, constraint: Constraint, world: World, feasible: readonly NodeInfo[]): Scored {
  const { topologyKey, selector } = constraint;
  const byNode = matching(pod, selector, world);
  if (topologyKey === hostname) return { ...constraint, counts: none, byNode, weight: Math.log(feasible.length + 2) };
  const counts = new Map<string, number>();
  for (const { node } of feasible) {
    const domain = node.metadata.labels?.[topologyKey];
    if (domain !== undefined) counts.set(domain, 0);
  }
  for (const [name, found] of byNode) {
    const info = world.node(name);
    const domain = info?.node.metadata.labels?.[topologyKey];
    const known = domain === undefined ? undefined : counts.get(domain);
    if (known !== undefined && isCounted(pod, constraint, info!)) counts.set(domain!, known + found);
  }
  return { ...constraint, counts, byNode, weight: Math.log(counts.size + 2) };
}
const none: ReadonlyMap<string, number> = new Map();

function matching(pod: Pod, selector: Selector, world: World): ReadonlyMap<string, number> {
  const key = `spread ${JSON.stringify([pod.metadata.namespace, selector])}`;
  return world.matching(key, (other) => isMeant(pod, selector, other));
}

function isMeant({ metadata }: Pod, selector: Selector, { metadata: other }: Pod): boolean {
  if (other.namespace !== metadata.namespace || other.deletionTimestamp !== undefined) return false;
  return matchesLabels(selector, other.labels);
}

function isCounted(pod: Pod, { honorsAffinity, honorsTaints }: Constraint, { node }: NodeInfo): boolean {
  if (honorsAffinity && !matchesNode(pod, node)) return false;
  return (
    !honorsTaints || untolerated(node.spec.taints, pod.spec.tolerations, ['NoSchedule', 'NoExecute']) === undefined
  );
}
