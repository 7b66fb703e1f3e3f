import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { Pod, PodAffinityTerm, WeightedPodAffinityTerm } from '#lib/api/types/core.v1.ts';
import type { Plugin, World } from '../plugin.ts';
import { mostScore } from '../plugin.ts';

// Rule: Assigning Pods to Nodes, "Inter-pod affinity and anti-affinity"; what pods that run already refuse counts, too.

interface Prepared {
  /** Domains ("key=value") that a pod running already keeps this one out of. */
  readonly refused: ReadonlySet<string>;
  /** For each required term of this pod: the domains in which a matching pod runs. */
  readonly affinity: readonly { readonly key: string; readonly domains: ReadonlySet<string> }[];
  readonly antiAffinity: readonly { readonly key: string; readonly domains: ReadonlySet<string> }[];
  /** No pod anywhere matches, but this one matches its own terms: the first of a group may go anywhere. */
  readonly isFirstOfItsKind: boolean;
  readonly weights: ReadonlyMap<string, number>;
}

export const interPodAffinity: Plugin = {
  name: 'InterPodAffinity',
  weight: 2,
  prepare: (pod, world) => prepare(pod, world),
  filter(_pod, { node }, prepared) {
    const { refused, affinity, antiAffinity, isFirstOfItsKind } = prepared as Prepared;
    const labels = node.metadata.labels ?? {};
    const isIn = ({ key, domains }: { key: string; domains: ReadonlySet<string> }) =>
      domains.has(`${key}=${labels[key]}`);
    if (affinity.length > 0) {
      const hasKeys = affinity.every(({ key }) => Object.hasOwn(labels, key));
      if (!hasKeys || !(affinity.every(isIn) || isFirstOfItsKind)) {
        return { reasons: ["node(s) didn't match pod affinity rules"], isFinal: true };
      }
    }
    if (antiAffinity.some(isIn)) return { reasons: ["node(s) didn't match pod anti-affinity rules"] };
    if (refused.size === 0) return undefined;
    const isRefused = Object.entries(labels).some(([key, value]) => refused.has(`${key}=${value}`));
    return isRefused ? { reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"] } : undefined;
  },
  score(_pod, { node }, prepared) {
    const { weights } = prepared as Prepared;
    if (weights.size === 0) return 0;
    return Object.entries(node.metadata.labels ?? {}).reduce((sum, [k, v]) => sum + (weights.get(`${k}=${v}`) ?? 0), 0);
  },
  normalize(scores) {
    const [least, most] = [Math.min(...scores), Math.max(...scores)];
    return scores.map((score) => (most === least ? 0 : Math.trunc((mostScore * (score - least)) / (most - least))));
  },
};

function prepare(pod: Pod, world: World): Prepared {
  const own = termsOf(pod);
  const { affinity, antiAffinity, preferred, dispreferred } = own;
  const wanted = affinity.map((term) => ({ key: term.topologyKey, domains: new Set<string>() }));
  const unwanted = antiAffinity.map((term) => ({ key: term.topologyKey, domains: new Set<string>() }));
  const refused = new Set<string>();
  const weights = new Map<string, number>();
  const weigh = (domain: string, by: number) => weights.set(domain, (weights.get(domain) ?? 0) + by);
  for (const { node, pods } of world.nodes) {
    const labels = node.metadata.labels ?? {};
    const domainOf = (key: string) => (Object.hasOwn(labels, key) ? `${key}=${labels[key]}` : undefined);
    for (const other of pods) {
      const theirs = termsOf(other);
      if (own === none && theirs === none) continue;
      const matchesAll = affinity.length > 0 && affinity.every((term) => matches(term, pod, other, world));
      for (const { key, domains } of wanted) if (matchesAll) note(domains, domainOf(key));
      for (const [i, { key, domains }] of unwanted.entries()) {
        if (matches(antiAffinity[i]!, pod, other, world)) note(domains, domainOf(key));
      }
      for (const term of theirs.antiAffinity)
        if (matches(term, other, pod, world)) note(refused, domainOf(term.topologyKey));
      const soft: readonly (readonly [readonly WeightedPodAffinityTerm[], Pod, Pod, 1 | -1])[] = [
        [preferred, pod, other, 1],
        [dispreferred, pod, other, -1],
        [theirs.preferred, other, pod, 1],
        [theirs.dispreferred, other, pod, -1],
      ];
      for (const [terms, owner, target, sign] of soft) {
        for (const { weight, podAffinityTerm: term } of terms) {
          if (term === undefined) continue;
          const domain = domainOf(term.topologyKey);
          if (domain !== undefined && matches(term, owner, target, world)) weigh(domain, sign * weight);
        }
      }
    }
  }
  const isFirstOfItsKind =
    wanted.every(({ domains }) => domains.size === 0) && affinity.every((term) => matches(term, pod, pod, world));
  return { refused, affinity: wanted, antiAffinity: unwanted, isFirstOfItsKind, weights };
}

function note(domains: Set<string>, domain: string | undefined): void {
  if (domain !== undefined) domains.add(domain);
}

interface Terms {
  readonly affinity: readonly PodAffinityTerm[];
  readonly antiAffinity: readonly PodAffinityTerm[];
  readonly preferred: readonly WeightedPodAffinityTerm[];
  readonly dispreferred: readonly WeightedPodAffinityTerm[];
}

const none: Terms = { affinity: [], antiAffinity: [], preferred: [], dispreferred: [] };

function termsOf({ spec }: Pod): Terms {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  if (podAffinity === undefined && podAntiAffinity === undefined) return none;
  return {
    affinity: podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
    antiAffinity: podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
    preferred: podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [],
    dispreferred: podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [],
  };
}

/** Whether `target` is one of those that a term of `owner` means. */
function matches(term: PodAffinityTerm, owner: Pod, target: Pod, world: World): boolean {
  const namespace = target.metadata.namespace ?? '';
  const named = term.namespaces ?? [];
  const isOwn = named.length === 0 && term.namespaceSelector === undefined && namespace === owner.metadata.namespace;
  const isMeant =
    isOwn || named.includes(namespace) || isSelectedBy(term.namespaceSelector, world.namespaceLabels(namespace));
  if (!isMeant) return false;
  const [own, labels] = [owner.metadata.labels ?? {}, target.metadata.labels ?? {}];
  if (term.matchLabelKeys?.some((key) => Object.hasOwn(own, key) && own[key] !== labels[key])) return false;
  if (term.mismatchLabelKeys?.some((key) => Object.hasOwn(own, key) && own[key] === labels[key])) return false;
  return isSelectedBy(term.labelSelector, labels);
}
