// How long a DaemonSet waits before it replaces a pod that failed: a node that refuses its pods would have it try for ever.
// Rule: kubernetes pkg/controller/daemon, failedPodsBackoff.

export interface Failures {
  /** Milliseconds until the next failed pod of `set` may be replaced at `place`. */
  leftMs(set: string, place: string, nowMs: number): number;
  /** One is replaced now. */
  note(set: string, place: string, nowMs: number): void;
  forget(set: string): void;
}

interface Failure {
  readonly atMs: number;
  readonly pauseMs: number;
}

/** Bounded by the sets and, in each, by what failed within the last half hour. */
export function createFailures(): Failures {
  const known = new Map<string, Map<string, Failure>>();
  return {
    leftMs(set, place, nowMs) {
      const last = known.get(set)?.get(place);
      return last === undefined ? 0 : Math.max(0, last.atMs + last.pauseMs - nowMs);
    },
    note(set, place, nowMs) {
      const places = known.get(set) ?? new Map<string, Failure>();
      for (const [other, { atMs }] of places) if (nowMs - atMs > 2 * longestMs) places.delete(other);
      const last = places.get(place);
      const pauseMs = last === undefined ? firstMs : Math.min(2 * last.pauseMs, longestMs);
      known.set(set, places.set(place, { atMs: nowMs, pauseMs }));
    },
    forget: (set) => void known.delete(set),
  };
}
const firstMs = 1_000;
const longestMs = 15 * 60_000;
