// Topology Aware Routing: each zone is given as many endpoints as it has of the cluster's CPU, its own ones first.
import type { Service } from '#lib/api/types/core.v1.ts';

export const zoneLabel = 'topology.kubernetes.io/zone';

/** A ready endpoint. */
export interface Placed {
  readonly address: string;
  readonly zone: string | undefined;
  /** The zone that it is given to now. */
  readonly given: string | undefined;
}

/** To which zone each endpoint is given, by address; or why to none: everybody then uses all. */
export type ZoneHints = { readonly zones: ReadonlyMap<string, string> } | { readonly problem: string };

/** Whether `service` asks for it; trafficDistribution then counts for nothing. */
export function wantsZoneHints({ metadata }: Service): boolean {
  const notes = metadata.annotations ?? {};
  const mode = notes['service.kubernetes.io/topology-mode'] ?? notes['service.kubernetes.io/topology-aware-hints'];
  return mode === 'Auto' || mode === 'auto';
}

/**
 * Gives `endpoints` to zones by their `shares`. What is given stays so as long as no zone has too many.
 * Rule: KEP-2433; kubernetes staging/src/k8s.io/endpointslice, topologycache.
 */
export function planZoneHints(
  endpoints: readonly Placed[],
  shares: ReadonlyMap<string, number> | undefined,
): ZoneHints {
  if (shares === undefined) return { problem: insufficientNodes };
  const bounds = boundsOf(endpoints.length, shares);
  if ('problem' in bounds) return bounds;
  const zones = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const { address, zone, given } of endpoints) {
    if (!zone) return { problem: 'One or more endpoints do not have a zone specified' };
    const most = bounds.most.get(given ?? '') ?? 0;
    const to = given !== undefined && (counts.get(given) ?? 0) < most ? given : zone;
    zones.set(address, to);
    counts.set(to, (counts.get(to) ?? 0) + 1);
  }
  const moves = movesOf(bounds.wanted, counts);
  for (const { address } of endpoints) {
    const at = moves.findIndex(({ from }) => from === zones.get(address));
    if (at !== -1) zones.set(address, moves.splice(at, 1)[0]!.to);
  }
  return { zones };
}
const insufficientNodes = 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';

/** An endpoint of a zone may have a fifth more to do than one in a cluster without zones. */
const overload = 0.2;

interface Bounds {
  readonly wanted: ReadonlyMap<string, number>;
  readonly most: ReadonlyMap<string, number>;
}

function boundsOf(count: number, shares: ReadonlyMap<string, number>): Bounds | { readonly problem: string } {
  const sizes = `(${count} endpoints, ${shares.size} zones)`;
  if (shares.size > count) return { problem: `Insufficient number of endpoints ${sizes}` };
  const least = new Map([...shares].map(([zone, share]) => [zone, Math.ceil((share * count) / (1 + overload))]));
  const spare = count - [...least.values()].reduce((sum, one) => sum + one, 0);
  if (spare < 0) {
    const words = 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold';
    return { problem: `${words} ${sizes}` };
  }
  return {
    wanted: new Map([...shares].map(([zone, share]) => [zone, Math.max(share * count, least.get(zone)!)])),
    most: new Map([...least].map(([zone, one]) => [zone, one + spare])),
  };
}

/** Who has most too many gives to whom most are missing, while that brings both nearer to what they should have. */
function movesOf(
  wanted: ReadonlyMap<string, number>,
  counts: ReadonlyMap<string, number>,
): { readonly from: string; readonly to: string }[] {
  const surplus = new Map([...counts].map(([zone, count]) => [zone, count - (wanted.get(zone) ?? 0)]));
  for (const [zone, count] of wanted) if (!counts.has(zone)) surplus.set(zone, -count);
  const moves: { readonly from: string; readonly to: string }[] = [];
  for (;;) {
    const sorted = [...surplus].sort(([, a], [, b]) => b - a);
    const [from, give] = sorted[0]!;
    const [to, take] = sorted.at(-1)!;
    const isWorthwhile = (give >= 1 || -take >= 1) && give >= 0.5 && -take >= 0.5;
    if (!isWorthwhile) return moves;
    moves.push({ from, to });
    surplus.set(from, give - 1).set(to, take + 1);
  }
}
