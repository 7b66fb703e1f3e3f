/** When a container may be started again, and how long the pause before that is. */
export interface Restart {
  readonly delayMs: number;
  /** When this was granted. */
  readonly atMs: number;
  /** Of the container as it was defined then: another image begins without pauses. */
  readonly hash?: string;
}

/** What was granted to this very container; `undefined` if it was defined otherwise then. */
export function grantedTo(last: Restart | undefined, hash: string): Restart | undefined {
  return last?.hash === undefined || last.hash === hash ? last : undefined;
}

/**
 * Milliseconds until a container that ended at `endedAtMs` may start again; 0 if it may now. `last` is what was granted before.
 *
 * At once after the first end, then 10 s, doubling up to 5 min. Who ran 10 min since the last grant counts from the beginning.
 * Rule: Pod Lifecycle, "How Pods handle problems with containers".
 */
export function restartWaitMs(last: Restart | undefined, endedAtMs: number, nowMs: number): number {
  if (last === undefined || isForgotten(last, endedAtMs)) return 0;
  return Math.max(0, endedAtMs + last.delayMs - nowMs);
}

/** What is granted by a start at `nowMs` of a container that ended at `endedAtMs`. */
export function nextRestart(
  last: Restart | undefined,
  endedAtMs: number,
  nowMs: number,
  longestMs: number = mostMs,
): Restart {
  const next = last === undefined || isForgotten(last, endedAtMs) ? firstMs : last.delayMs * 2;
  const delayMs = Math.min(next, longestMs);
  return { delayMs, atMs: nowMs };
}

function isForgotten({ atMs }: Restart, endedAtMs: number): boolean {
  return endedAtMs - atMs > 2 * mostMs;
}
const firstMs = 10_000;
const mostMs = 300_000;
