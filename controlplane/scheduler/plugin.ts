import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Change } from './change.ts';
import type { HeldTerm } from './held-terms.ts';
import type { NodeInfo } from './snapshot.ts';

/**
 * A rule of the scheduler: pure, over a snapshot. Rule: kube-scheduler's plugins of the same names.
 * What each method stands for of upstream's extension points: PreFilter, Filter, PreScore, Score, NormalizeScore, and the
 * queueing hint.
 */
export interface Plugin {
  readonly name: string;
  /** Looks at the pod and at all nodes once; what comes out is given to `filter`. `skip`: it has nothing against any node. */
  prepare?(pod: Pod, world: World): unknown;
  /** The only nodes that may do, by name; undefined where the pod does not name any. */
  narrow?(pod: Pod): readonly string[] | undefined;
  /** Why the pod may not run there, in upstream's words; undefined if it may. */
  filter?(pod: Pod, info: NodeInfo, prepared: unknown): Refusal | undefined;
  /** As `prepare`, for `score`, once it is known which nodes will do. `skip`: they are all the same to it. */
  prepareScore?(pod: Pod, world: World, feasible: readonly NodeInfo[]): unknown;
  /** Any number; higher is better. */
  score?(pod: Pod, info: NodeInfo, prepared: unknown): number;
  /** Brings scores to 0..100. Absent: they are. */
  normalize?(scores: readonly number[], nodes: readonly NodeInfo[], prepared: unknown): readonly number[];
  /** 1 unless told. */
  readonly weight?: number;
  /** Whether `change` may let a pod in that this plugin kept out. Absent: what happens to nodes may. */
  helps?(pod: Pod, change: Change, world: World): boolean;
}

export const skip = Symbol('skip');

export interface World {
  readonly nodes: readonly NodeInfo[];
  node(name: string): NodeInfo | undefined;
  /** Labels of a namespace. */
  namespaceLabels(name: string): Readonly<Record<string, string>>;
  /** Affinity terms of the pods that stand on nodes; equal ones are one. */
  terms(): Iterable<HeldTerm>;
  /** How many pods on each node, by its name, are such as `matches` says; only nodes that have any. The same key, the same `matches`. */
  matching(key: string, matches: (pod: Pod) => boolean): ReadonlyMap<string, number>;
  /** On how many nodes an image is. */
  imageSpread(image: string): number;
  /** Whether any pod waits for room that it was promised. */
  readonly isPromised: boolean;
  /** Pods that preempted others on `node`, and wait for the room. */
  nominated(node: string): readonly Pod[];
  /** What `look` sees if these pods were not on `node`, and those were. */
  trial<T>(node: string, pods: { readonly without?: readonly Pod[]; readonly with?: readonly Pod[] }, look: () => T): T;
}

export interface Refusal {
  readonly reasons: readonly string[];
  /** Removing other pods would not help. */
  readonly isFinal?: boolean;
}

export const mostScore = 100;

/** The highest becomes 100, the others in proportion; `isReverse`: the highest becomes 0. */
export function proportional(scores: readonly number[], isReverse = false): readonly number[] {
  const most = scores.reduce((a, b) => Math.max(a, b), 0);
  if (most === 0) return scores.map(() => (isReverse ? mostScore : 0));
  return scores.map((score) => {
    const share = Math.trunc((mostScore * score) / most);
    return isReverse ? mostScore - share : share;
  });
}
