// Who ends when, as the machine goes down. Pure. Rule: "Node Shutdowns", "Graceful node shutdown" and "Pod priority based".
import type { Pod } from '#lib/api/types/core.v1.ts';

/** Pods of at least this priority, up to the next period's, have so long to end. */
export interface Period {
  readonly priority: number;
  readonly graceSeconds: number;
}

/** Periods by one time for all, of which the last part is kept for critical pods. Empty: nobody waits for pods. */
export function periodsOf(wholeSeconds: number, criticalSeconds: number): readonly Period[] {
  if (wholeSeconds === 0 || criticalSeconds > wholeSeconds) return [];
  return [
    { priority: 0, graceSeconds: wholeSeconds - criticalSeconds },
    { priority: systemCritical, graceSeconds: criticalSeconds },
  ];
}
const systemCritical = 2_000_000_000;

export interface Turn {
  /** How long the next turn waits for this one. */
  readonly graceSeconds: number;
  readonly pods: readonly { readonly pod: Pod; readonly graceSeconds: number }[];
}

/** The turns in which pods end: the least important first. A pod below all periods goes with the lowest. */
export function turnsOf(periods: readonly Period[], pods: readonly Pod[]): readonly Turn[] {
  const sorted = periods.toSorted((a, b) => a.priority - b.priority);
  const turns = sorted.map(({ graceSeconds }, at) => ({
    graceSeconds,
    pods: pods
      .filter((pod) => placeOf(pod, sorted) === at)
      .map((pod) => ({ pod, graceSeconds: Math.min(pod.spec.terminationGracePeriodSeconds ?? 30, graceSeconds) })),
  }));
  return turns.filter((turn) => turn.pods.length > 0);
}

function placeOf({ spec }: Pod, sorted: readonly Period[]): number {
  const place = sorted.findLastIndex(({ priority }) => priority <= (spec.priority ?? 0));
  return Math.max(place, 0);
}
