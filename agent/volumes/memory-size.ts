import { wholeValue } from '#lib/api/quantity.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';

/**
 * Size in bytes of a volume in memory: the smallest of its own limit, the pod's memory limit and what the node has for pods.
 * `undefined` if none is known. Rule: KEP-1967 (sizable memory backed volumes).
 */
export function memorySize(
  pod: Pod,
  allocatable: Readonly<Record<string, string>>,
  sizeLimit: string | undefined,
): number | undefined {
  const known = [bytesOf(allocatable['memory']), podLimit(pod), bytesOf(sizeLimit)].filter(
    (size) => size !== undefined,
  );
  return known.length === 0 ? undefined : known.reduce((least, size) => (size < least ? size : least));
}

/** What the pod's limits allow it, if every container has one. */
function podLimit({ spec }: Pod): number | undefined {
  const stated = bytesOf(spec.resources?.limits?.['memory']);
  if (stated !== undefined) return stated;
  const limits = spec.containers.map(({ resources }) => bytesOf(resources?.limits?.['memory']));
  const inits = (spec.initContainers ?? []).map(({ resources }) => bytesOf(resources?.limits?.['memory']));
  if (limits.length === 0 || [...limits, ...inits].includes(undefined)) return undefined;
  const together = limits.reduce<number>((sum, limit) => sum + limit!, 0);
  return [together, ...(inits as readonly number[])].reduce((most, limit) => (limit > most ? limit : most));
}

function bytesOf(quantity: string | undefined): number | undefined {
  const bytes = quantity === undefined ? 0 : wholeValue(quantity);
  return bytes > 0 ? bytes : undefined;
}
