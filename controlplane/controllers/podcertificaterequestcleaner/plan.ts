import type { KubeObject } from '#lib/api/resource.ts';

/**
 * Milliseconds for which a request for a certificate stays, 0 or less if it is to go: a quarter of an hour, whatever came of
 * it. Who asked has read the answer by then, or will ask again. Rule: podcertificaterequestcleaner.
 */
export function staysMs({ metadata }: KubeObject, nowMs: number): number {
  return Date.parse(metadata.creationTimestamp ?? '') + keptMs - nowMs;
}
const keptMs = 15 * 60_000;
