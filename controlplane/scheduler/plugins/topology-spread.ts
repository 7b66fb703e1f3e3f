import { matchesNode } from '#lib/api/scheduling/matches-node.ts';
import { untolerated } from '#lib/api/scheduling/tolerations.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { Pod, TopologySpreadConstraint } from '#lib/api/types/core.v1.ts';
import { mostScore, type Plugin, type World } from '../plugin.ts';
import type { NodeInfo } from '../snapshot.ts';

// Rule: Pod Topology Spread Constraints.

interface Counted {
  readonly constraint: TopologySpreadConstraint;
  /** Matching pods by domain; a domain without any counts as 0. */
  readonly counts: ReadonlyMap<string, number>;
  readonly least: number;
  readonly isOwn: boolean;
}

export const podTopologySpread: Plugin = {
  name: 'PodTopologySpread',
  weight: 2,
  prepare(pod, world) {
    return (pod.spec.topologySpreadConstraints ?? []).map((constraint) => count(pod, constraint, world));
  },
  filter(_pod, { node }, prepared) {
    for (const { constraint, counts, least, isOwn } of hard(prepared)) {
      const domain = node.metadata.labels?.[constraint.topologyKey];
      if (domain === undefined) {
        return {
          reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
          isFinal: true,
        };
      }
      const skew = (counts.get(domain) ?? 0) + (isOwn ? 1 : 0) - least;
      if (skew > constraint.maxSkew) return { reasons: ["node(s) didn't match pod topology spread constraints"] };
    }
    return undefined;
  },
  score(_pod, { node }, prepared) {
    return soft(prepared).reduce((sum, { constraint, counts }) => {
      const domain = node.metadata.labels?.[constraint.topologyKey];
      return domain === undefined
        ? sum
        : sum + (counts.get(domain) ?? 0) * Math.log(counts.size + 2) + constraint.maxSkew - 1;
    }, 0);
  },
  normalize(scores) {
    const [least, most] = [Math.min(...scores), Math.max(...scores)];
    return scores.map((score) => (most === 0 ? mostScore : Math.trunc((mostScore * (most + least - score)) / most)));
  },
};

function hard(prepared: unknown): readonly Counted[] {
  return (prepared as readonly Counted[]).filter(({ constraint }) => constraint.whenUnsatisfiable !== 'ScheduleAnyway');
}

function soft(prepared: unknown): readonly Counted[] {
  return (prepared as readonly Counted[]).filter(({ constraint }) => constraint.whenUnsatisfiable === 'ScheduleAnyway');
}

function count(pod: Pod, constraint: TopologySpreadConstraint, world: World): Counted {
  const counts = new Map<string, number>();
  for (const info of world.nodes) {
    const domain = info.node.metadata.labels?.[constraint.topologyKey];
    if (domain === undefined || !isCounted(pod, constraint, info)) continue;
    const matching = info.pods.filter((other) => isMeant(pod, constraint, other)).length;
    counts.set(domain, (counts.get(domain) ?? 0) + matching);
  }
  const tooFew = counts.size < (constraint.minDomains ?? 1);
  const least = tooFew || counts.size === 0 ? 0 : Math.min(...counts.values());
  return { constraint, counts, least, isOwn: isMeant(pod, constraint, pod) };
}

function isCounted(pod: Pod, constraint: TopologySpreadConstraint, { node }: NodeInfo): boolean {
  if ((constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor' && !matchesNode(pod, node)) return false;
  if (constraint.nodeTaintsPolicy !== 'Honor') return true;
  return untolerated(node.spec.taints, pod.spec.tolerations, ['NoSchedule', 'NoExecute']) === undefined;
}

function isMeant(pod: Pod, constraint: TopologySpreadConstraint, other: Pod): boolean {
  if (other.metadata.namespace !== pod.metadata.namespace || other.metadata.deletionTimestamp !== undefined)
    return false;
  const [own, labels] = [pod.metadata.labels ?? {}, other.metadata.labels ?? {}];
  if (constraint.matchLabelKeys?.some((key) => Object.hasOwn(own, key) && own[key] !== labels[key])) return false;
  return isSelectedBy(constraint.labelSelector, labels);
}
