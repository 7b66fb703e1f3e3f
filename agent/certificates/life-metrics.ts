import type { Clock } from '#lib/clock.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { Kind } from '#lib/pki/held.ts';

/** Shows how long the node's own certificates are good, under the kubelet's names. Returns what is to be told until when one is. */
export function addLifeMetrics(
  metrics: Pick<Metrics, 'gaugeFrom'>,
  { now }: Pick<Clock, 'now'>,
): (kind: Kind, untilMs: number) => void {
  const ends = new Map<Kind, number>();
  for (const [kind, name, whose] of [
    ['kubelet-client', 'client', 'client certificate'],
    ['kubelet-server', 'server', 'serving certificate'],
  ] as const) {
    metrics.gaugeFrom(
      `kubelet_certificate_manager_${name}_ttl_seconds`,
      `Seconds until the end of the node's ${whose}; below zero: since; +Inf where there is none.`,
      [],
      () => [{ values: [], value: ((ends.get(kind) ?? Number.POSITIVE_INFINITY) - now()) / 1000 }],
    );
  }
  return (kind, untilMs) => void ends.set(kind, untilMs);
}
