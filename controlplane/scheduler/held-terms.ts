import { matchesLabels, type Selector, selectorOf } from '#lib/api/selectors/labels.ts';
import type { Pod, PodAffinityTerm, WeightedPodAffinityTerm } from '#lib/api/types/core.v1.ts';

/** The terms about other pods that a pod states. */
export interface Terms {
  readonly affinity: readonly PodAffinityTerm[];
  readonly antiAffinity: readonly PodAffinityTerm[];
  readonly preferred: readonly WeightedPodAffinityTerm[];
  readonly dispreferred: readonly WeightedPodAffinityTerm[];
}

export const noTerms: Terms = { affinity: [], antiAffinity: [], preferred: [], dispreferred: [] };

export function termsOf({ spec }: Pod): Terms {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  if (podAffinity === undefined && podAntiAffinity === undefined) return noTerms;
  return {
    affinity: podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
    antiAffinity: podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [],
    preferred: podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [],
    dispreferred: podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [],
  };
}

type NamespaceLabels = (name: string) => Readonly<Record<string, string>>;

/** A term read once: whether a pod is one of those that a term of `owner` means. */
export function compileTerm(term: PodAffinityTerm, owner: Pod, labelsOf: NamespaceLabels): (target: Pod) => boolean {
  const named = term.namespaces ?? [];
  const own = owner.metadata.namespace ?? '';
  const names = named.length === 0 && term.namespaceSelector === undefined ? [own] : named;
  const namespaces = selectorOf(term.namespaceSelector);
  const selector = withKeys(selectorOf(term.labelSelector), term, owner);
  return ({ metadata }) => {
    const namespace = metadata.namespace ?? '';
    if (!names.includes(namespace)) {
      if (namespaces === undefined || !matchesLabels(namespaces, labelsOf(namespace))) return false;
    }
    return selector !== undefined && matchesLabels(selector, metadata.labels);
  };
}

/** Labels that the owner's pods of one kind share (matchLabelKeys), or by which kinds differ (mismatchLabelKeys). */
function withKeys(selector: Selector | undefined, term: PodAffinityTerm, owner: Pod): Selector | undefined {
  const labels = owner.metadata.labels ?? {};
  const same = (term.matchLabelKeys ?? []).filter((key) => Object.hasOwn(labels, key));
  const other = (term.mismatchLabelKeys ?? []).filter((key) => Object.hasOwn(labels, key));
  return (
    selector && [
      ...selector,
      ...same.map((key) => ({ key, operator: 'In' as const, values: [labels[key]!] })),
      ...other.map((key) => ({ key, operator: 'NotIn' as const, values: [labels[key]!] })),
    ]
  );
}

/** What a term means, as text: two terms of the same text mean the same pods. */
export function termKey(term: PodAffinityTerm, { metadata }: Pod): string {
  const keys = [...(term.matchLabelKeys ?? []), ...(term.mismatchLabelKeys ?? [])];
  return JSON.stringify([metadata.namespace, term, keys.map((key) => metadata.labels?.[key])]);
}

export type TermKind = 'affinity' | 'antiAffinity' | 'preferred' | 'dispreferred';

/** A term that pods on nodes state, and where they stand. */
export interface HeldTerm {
  readonly kind: TermKind;
  readonly topologyKey: string;
  /** Of the preferred ones. */
  readonly weight: number;
  matches(target: Pod): boolean;
  /** How many stand in each domain: value of the topology label. */
  readonly domains: ReadonlyMap<string, number>;
}

interface Held extends HeldTerm {
  readonly key: string;
  readonly domains: Map<string, number>;
}

/** All terms of all pods on nodes, kept by difference: pods of one make state one term, however many they are. */
export class HeldTerms {
  readonly #terms = new Map<string, Held>();
  readonly #ofPods = new Map<string, readonly { readonly held: Held; readonly domain: string }[]>(); // by uid
  readonly #labelsOf: NamespaceLabels;

  constructor(labelsOf: NamespaceLabels) {
    this.#labelsOf = labelsOf;
  }

  all(): Iterable<HeldTerm> {
    return this.#terms.values();
  }

  add(pod: Pod, nodeLabels: Readonly<Record<string, string>>): void {
    const terms = termsOf(pod);
    if (terms === noTerms) return;
    const stated: readonly (readonly [TermKind, PodAffinityTerm | undefined, number])[] = [
      ...terms.affinity.map((term) => ['affinity', term, 1] as const),
      ...terms.antiAffinity.map((term) => ['antiAffinity', term, 1] as const),
      ...terms.preferred.map((one) => ['preferred', one.podAffinityTerm, one.weight ?? 0] as const),
      ...terms.dispreferred.map((one) => ['dispreferred', one.podAffinityTerm, one.weight ?? 0] as const),
    ];
    const places = stated.flatMap(([kind, term, weight]) => {
      const domain = term && nodeLabels[term.topologyKey];
      if (domain === undefined) return [];
      const held = this.#held(kind, term!, weight, pod);
      held.domains.set(domain, (held.domains.get(domain) ?? 0) + 1);
      return [{ held, domain }];
    });
    if (places.length > 0) this.#ofPods.set(pod.metadata.uid ?? '', places);
  }

  remove(uid: string): void {
    for (const { held, domain } of this.#ofPods.get(uid) ?? []) {
      const left = held.domains.get(domain)! - 1;
      if (left > 0) held.domains.set(domain, left);
      else held.domains.delete(domain);
      if (held.domains.size === 0) this.#terms.delete(held.key);
    }
    this.#ofPods.delete(uid);
  }

  #held(kind: TermKind, term: PodAffinityTerm, weight: number, pod: Pod): Held {
    const key = `${kind} ${weight} ${termKey(term, pod)}`;
    const known = this.#terms.get(key);
    if (known !== undefined) return known;
    const matches = compileTerm(term, pod, this.#labelsOf);
    const made = { key, kind, weight, topologyKey: term.topologyKey, matches, domains: new Map() };
    this.#terms.set(key, made);
    return made;
  }
}
