import type { Pod } from '#lib/api/types/core.v1.ts';

interface Counted {
  readonly matches: (pod: Pod) => boolean;
  readonly byNode: Map<string, number>;
}

/**
 * How many pods of some kind stand on each node, kept by difference from when it was first asked for: pods of one make ask
 * the same. The longest unasked is forgotten beyond a bound, and counted anew when it is asked for again.
 */
export class MatchCounts {
  readonly #known = new Map<string, Counted>(); // the longest unasked first

  /** @param places all pods that stand on nodes, should they have to be counted */
  of(key: string, matches: (pod: Pod) => boolean, places: () => Iterable<Place>): ReadonlyMap<string, number> {
    const known = this.#known.get(key) ?? count(matches, places());
    this.#known.delete(key);
    this.#known.set(key, known);
    if (this.#known.size > most) this.#known.delete(this.#known.keys().next().value!);
    return known.byNode;
  }

  /** `pod` came to stand on `node`, or left it. */
  change(pod: Pod, node: string, by: 1 | -1): void {
    for (const { matches, byNode } of this.#known.values()) if (matches(pod)) note(byNode, node, by);
  }

  clear(): void {
    this.#known.clear();
  }
}
const most = 64;

export interface Place {
  readonly pod: Pod;
  readonly node: string;
}

function count(matches: (pod: Pod) => boolean, places: Iterable<Place>): Counted {
  const byNode = new Map<string, number>();
  for (const { pod, node } of places) if (matches(pod)) note(byNode, node, 1);
  return { matches, byNode };
}

function note(byNode: Map<string, number>, node: string, by: 1 | -1): void {
  const now = (byNode.get(node) ?? 0) + by;
  if (now > 0) byNode.set(node, now);
  else byNode.delete(node);
}
