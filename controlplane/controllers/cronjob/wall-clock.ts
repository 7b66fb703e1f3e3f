/** A time that comes again: the first one after `ms`; undefined if there is none. */
export type Next = (ms: number) => number | undefined;

/**
 * Turns what `next` says of clocks on a wall, whose times are given as if they were UTC, into real times, where `offsetAt` says how
 * far those clocks are ahead: what they jump over does not come, what they show twice comes twice. Rule: robfig/cron, by which
 * upstream's CronJobs go.
 */
export function nextOnWall(next: Next, offsetAt: (ms: number) => number): Next {
  return (ms) => {
    let [fromMs, sinceMs, offsetMs] = [ms, ms, offsetAt(ms)];
    for (let changes = 0; changes < mostChanges; changes++) {
      const wallMs = next(fromMs + offsetMs);
      if (wallMs === undefined) return undefined;
      const atMs = wallMs - offsetMs;
      const probes = [Math.min(sinceMs + repeatedMs, atMs), atMs];
      const changedMs = probes.find((probe) => offsetAt(probe) !== offsetMs);
      if (changedMs === undefined) return shownBefore(atMs, offsetAt, ms) ?? atMs;
      const putMs = firstChange(sinceMs, changedMs, offsetAt);
      if (atMs < putMs) return atMs;
      [fromMs, sinceMs, offsetMs] = [putMs - 1, putMs, offsetAt(putMs)];
    }
    return undefined;
  };
}
/** Clocks go back by some hours at most: what they showed before comes again within these. */
const repeatedMs = 3 * 3_600_000;
const mostChanges = 100; // a time that clocks jump over each year never comes

/** When clocks showed the same as at `atMs` already, after `ms`: before they went back. */
function shownBefore(atMs: number, offsetAt: (ms: number) => number, ms: number): number | undefined {
  const formerMs = offsetAt(atMs - repeatedMs);
  const earlierMs = atMs + offsetAt(atMs) - formerMs;
  return earlierMs > ms && earlierMs < atMs && offsetAt(earlierMs) === formerMs ? earlierMs : undefined;
}

/** When clocks are put between two times that differ, to the second. */
function firstChange(beforeMs: number, afterMs: number, offsetAt: (ms: number) => number): number {
  const offsetMs = offsetAt(beforeMs);
  let [low, high] = [Math.floor(beforeMs / 1_000), Math.ceil(afterMs / 1_000)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * 1_000) === offsetMs) low = middle;
    else high = middle;
  }
  return high * 1_000;
}
