import type { Clock } from '#lib/clock.ts';

export interface PullRate {
  /** Of pulls that may begin; 0: no limit. */
  readonly perSecond: number;
  /** How many may begin at once, after a pause. */
  readonly burst: number;
}

/**
 * To be called as a pull begins. One beyond the rate fails at once, and its pod tries again after its back-off.
 * Rule: KubeletConfiguration, `registryPullQPS` and `registryBurst`.
 */
export function createPullRate({ perSecond, burst }: PullRate, clock: Pick<Clock, 'now'>): () => void {
  let left = burst;
  let atMs = clock.now();
  return () => {
    if (perSecond <= 0) return;
    const nowMs = clock.now();
    left = Math.min(burst, left + ((nowMs - atMs) / 1000) * perSecond);
    atMs = nowMs;
    if (left < 1) throw new Error('pull QPS exceeded');
    left--;
  };
}
