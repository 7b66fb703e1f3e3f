import type { Pod } from '#lib/api/types/core.v1.ts';
import type { NodeInfo } from './snapshot.ts';

/**
 * A rule of the scheduler: pure, over a snapshot. Rule: kube-scheduler's extension points of the same names.
 */
export interface Plugin {
  readonly name: string;
  /** Looks at all nodes once, before `filter` and `score` look at each. */
  prepare?(pod: Pod, world: World): unknown;
  /** Why the pod may not run there, in upstream's words; undefined if it may. */
  filter?(pod: Pod, info: NodeInfo, prepared: unknown): Refusal | undefined;
  /** Any number; higher is better. */
  score?(pod: Pod, info: NodeInfo, prepared: unknown): number;
  /** Brings scores to 0..100. Absent: they are. */
  normalize?(scores: readonly number[]): readonly number[];
  /** 1 unless told. */
  readonly weight?: number;
}

export interface World {
  readonly nodes: readonly NodeInfo[];
  /** Labels of a namespace. */
  namespaceLabels(name: string): Readonly<Record<string, string>>;
}

export interface Refusal {
  readonly reasons: readonly string[];
  /** Removing other pods would not help. */
  readonly isFinal?: boolean;
}

export const mostScore = 100;

/** The highest becomes 100, the others in proportion; `isReverse`: the highest becomes 0. */
export function proportional(scores: readonly number[], isReverse = false): readonly number[] {
  const most = Math.max(0, ...scores);
  if (most === 0) return scores.map(() => (isReverse ? mostScore : 0));
  return scores.map((score) => {
    const share = Math.trunc((mostScore * score) / most);
    return isReverse ? mostScore - share : share;
  });
}
