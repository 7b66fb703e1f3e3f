// When to look again whether rules have gone, where nobody tells.

/**
 * Milliseconds until the next look: a second, or so many that looks take a hundredth of the time, but never more than five seconds.
 * What counts is the shortest of the last ones: others waited for something else.
 */
export function nextLookMs(tookMs: readonly number[]): number {
  const least = tookMs.length === 0 ? 0 : Math.min(...tookMs.slice(-counted));
  return Math.min(Math.max(soonestMs, least * 100), latestMs);
}
const counted = 5;
const soonestMs = 1_000;
export const latestMs = 5_000;

/** Milliseconds until the next whole look: five seconds, or so many that such looks take a twentieth of the time, but never more than a minute. */
export function nextWholeLookMs(tookMs: number): number {
  return Math.min(Math.max(latestMs, tookMs * 20), 60_000);
}
