import type { Pod, PodAffinityTerm } from '#lib/api/types/core.v1.ts';
import { compileTerm, type Terms, termKey, termsOf } from '../held-terms.ts';
import { mostScore, type Plugin, skip, type World } from '../plugin.ts';

// Rule: Assigning Pods to Nodes, "Inter-pod affinity and anti-affinity"; what pods that run already refuse counts, too.

export interface InterPodAffinityArgs {
  /** What a required term of a pod that runs is worth to those that it asks for. */
  readonly hardPodAffinityWeight?: number;
  readonly ignorePreferredTermsOfExistingPods?: boolean;
}

/** Values of a topology label. */
interface Domains {
  readonly key: string;
  readonly values: ReadonlySet<string> | ReadonlyMap<string, unknown>;
}

interface Prepared {
  /** Where pods that run already keep this one out. */
  readonly refused: readonly Domains[];
  /** For each required term of this pod: the domains in which a matching pod runs. */
  readonly affinity: readonly Domains[];
  readonly antiAffinity: readonly Domains[];
  /** No pod anywhere matches, but this one matches its own terms: the first of a group may go anywhere. */
  readonly isFirstOfItsKind: boolean;
}

/** What a node in each domain is worth, by topology label. */
type Weights = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function createInterPodAffinity(args: InterPodAffinityArgs = {}): Plugin {
  return {
    name: 'InterPodAffinity',
    weight: 2,
    prepare,
    filter(_pod, { node }, prepared) {
      const { refused, affinity, antiAffinity, isFirstOfItsKind } = prepared as Prepared;
      const labels = node.metadata.labels ?? {};
      const isIn = ({ key, values }: Domains) => labels[key] !== undefined && values.has(labels[key]);
      if (affinity.length > 0) {
        const hasKeys = affinity.every(({ key }) => labels[key] !== undefined);
        if (!hasKeys || !(affinity.every(isIn) || isFirstOfItsKind)) {
          return { reasons: ["node(s) didn't match pod affinity rules"], isFinal: true };
        }
      }
      if (antiAffinity.some(isIn)) return { reasons: ["node(s) didn't match pod anti-affinity rules"] };
      return refused.some(isIn) ? { reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"] } : undefined;
    },
    prepareScore: (pod, world) => weights(pod, world, args),
    score(_pod, { node }, prepared) {
      let sum = 0;
      for (const [key, byValue] of prepared as Weights) sum += byValue.get(node.metadata.labels?.[key] ?? '') ?? 0;
      return sum;
    },
    normalize(scores) {
      const least = scores.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
      const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      return scores.map((score) => (most === least ? 0 : Math.trunc((mostScore * (score - least)) / (most - least))));
    },
    helps(pod, change, world) {
      if (change.what === 'node') return true;
      if (change.what !== 'pod') return false;
      const { affinity } = termsOf(pod);
      const isWanted = (other: Pod) => affinity.some((term) => compileTerm(term, pod, world.namespaceLabels)(other));
      if (change.now !== undefined && isWanted(change.now)) return true; // a companion came
      return change.before !== undefined; // one who kept it out may have gone
    },
  };
}

export const interPodAffinity: Plugin = createInterPodAffinity();

function prepare(pod: Pod, world: World): Prepared | typeof skip {
  const { affinity, antiAffinity } = termsOf(pod);
  const refused: Domains[] = [];
  for (const { kind, topologyKey, matches, domains } of world.terms()) {
    if (kind === 'antiAffinity' && matches(pod)) refused.push({ key: topologyKey, values: domains });
  }
  if (affinity.length === 0 && antiAffinity.length === 0 && refused.length === 0) return skip;
  const wanted = affinity.length === 0 ? [] : companions(pod, affinity, world);
  const unwanted = antiAffinity.map((term) => domainsOf(term, matching(term, pod, world), world));
  const isFirstOfItsKind =
    wanted.every(({ values }) => values.size === 0) &&
    affinity.every((term) => compileTerm(term, pod, world.namespaceLabels)(pod));
  return { refused, affinity: wanted, antiAffinity: unwanted, isFirstOfItsKind };
}

/** For each term, the domains of those pods that match all of them. */
function companions(pod: Pod, terms: readonly PodAffinityTerm[], world: World): readonly Domains[] {
  const key = `all ${terms.map((term) => termKey(term, pod)).join()}`;
  const matches = terms.map((term) => compileTerm(term, pod, world.namespaceLabels));
  const byNode = world.matching(key, (other) => matches.every((matchesOne) => matchesOne(other)));
  return terms.map((term) => domainsOf(term, byNode, world));
}

function matching(term: PodAffinityTerm, pod: Pod, world: World): ReadonlyMap<string, number> {
  return world.matching(`one ${termKey(term, pod)}`, compileTerm(term, pod, world.namespaceLabels));
}

function domainsOf({ topologyKey: key }: PodAffinityTerm, byNode: ReadonlyMap<string, number>, world: World): Domains {
  const values = new Set<string>();
  for (const name of byNode.keys()) {
    const value = world.node(name)?.node.metadata.labels?.[key];
    if (value !== undefined) values.add(value);
  }
  return { key, values };
}

/** What this pod prefers, and what those that run prefer about it. */
function weights(pod: Pod, world: World, args: InterPodAffinityArgs): Weights | typeof skip {
  const { hardPodAffinityWeight = 1, ignorePreferredTermsOfExistingPods = false } = args;
  const own: Terms = termsOf(pod);
  const isIndifferent = own.preferred.length === 0 && own.dispreferred.length === 0;
  const result = new Map<string, Map<string, number>>();
  const weigh = (key: string, value: string, by: number) => {
    const byValue = result.get(key) ?? new Map<string, number>();
    result.set(key, byValue.set(value, (byValue.get(value) ?? 0) + by));
  };
  for (const [terms, sign] of [[own.preferred, 1] as const, [own.dispreferred, -1] as const]) {
    for (const { weight = 0, podAffinityTerm: term } of terms) {
      if (term === undefined) continue;
      for (const [name, count] of matching(term, pod, world)) {
        const value = world.node(name)?.node.metadata.labels?.[term.topologyKey];
        if (value !== undefined) weigh(term.topologyKey, value, sign * weight * count);
      }
    }
  }
  for (const { kind, weight, topologyKey, matches, domains } of world.terms()) {
    if (kind === 'antiAffinity' || (kind !== 'affinity' && isIndifferent && ignorePreferredTermsOfExistingPods))
      continue;
    const worth = kind === 'affinity' ? hardPodAffinityWeight : kind === 'preferred' ? weight : -weight;
    if (worth === 0 || !matches(pod)) continue;
    for (const [value, count] of domains) weigh(topologyKey, value, worth * count);
  }
  return result.size === 0 ? skip : result;
}
