import { milliValue } from '#lib/api/quantity.ts';
import type { Node } from '#lib/api/types/core.v1.ts';
import { zoneLabel } from './zone-hints.ts';

/**
 * Which part of the CPU of all ready nodes each zone has; undefined where not every node says its zone and CPU, or all are in one.
 * Rule: KEP-2433.
 */
export function zoneShares(nodes: Iterable<Node>): ReadonlyMap<string, number> | undefined {
  const cpu = new Map<string, number>();
  for (const place of [...nodes].map(placeOf)) {
    if (place === undefined) continue;
    const milli = milliValue(place.cpu);
    if (!place.zone || milli === 0) return undefined;
    cpu.set(place.zone, (cpu.get(place.zone) ?? 0) + milli);
  }
  if (cpu.size < 2) return undefined;
  const total = [...cpu.values()].reduce((sum, milli) => sum + milli, 0);
  return new Map([...cpu].sort(([a], [b]) => (a < b ? -1 : 1)).map(([zone, milli]) => [zone, milli / total]));
}

/** What a node brings to its zone; undefined: nothing, as it is not there, not ready, or of the control plane. */
export function placeOf(node: Node | undefined): { readonly zone: string; readonly cpu: string } | undefined {
  const labels = node?.metadata.labels ?? {};
  const isReady = node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  if (!isReady || controlPlaneLabels.some((label) => label in labels)) return undefined;
  return { zone: labels[zoneLabel] ?? '', cpu: String(node?.status?.allocatable?.['cpu'] ?? '0') };
}
const controlPlaneLabels = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];
