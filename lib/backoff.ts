/**
 * Exponential back-off: milliseconds to wait after the `failures`th failure in a row (1 for the first).
 * With `jitter` (0 to 1) the result is spread by up to that share, so that many callers do not return at once.
 */
export function backoffMs(
  failures: number,
  { firstMs, mostMs, factor = 2, jitter = 0 }: Backoff,
  random: () => number = Math.random,
): number {
  const plainMs = Math.min(firstMs * factor ** Math.min(failures - 1, 64), mostMs);
  return plainMs * (1 + jitter * random());
}

export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
  readonly factor?: number;
  readonly jitter?: number;
}
