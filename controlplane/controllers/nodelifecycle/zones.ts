// From how many nodes of a zone pods are driven, and how fast: where much of it is down at once it is rather the network.
// Pure. Rule: Nodes, "Rate limits on eviction"; kubernetes pkg/controller/nodelifecycle, handleDisruption.
import type { Node } from '#lib/api/types/core.v1.ts';
import { readiness } from './health.ts';

/** `all`: no node anywhere is ready. */
export type Disruption = 'none' | 'partial' | 'full' | 'all';

/** Upstream's key of a zone; empty where the node names none. */
export function zoneOf({ metadata: { labels = {} } }: Node): string {
  const region = labels['topology.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\x00:${zone}`;
}

export interface ZoneFacts {
  readonly disruption: Disruption;
  readonly size: number;
}

/** How it stands with the zone of `node`. */
export function zoneFacts(node: Node, nodes: Iterable<Node>): ZoneFacts {
  const zone = zoneOf(node);
  let [ready, silent, isAnyReady] = [0, 0, false];
  for (const one of nodes) {
    const isReady = readiness(one) === 'True';
    isAnyReady ||= isReady;
    if (zoneOf(one) !== zone) continue;
    if (isReady) ready++;
    else silent++;
  }
  const size = ready + silent;
  if (!isAnyReady) return { disruption: 'all', size };
  if (ready === 0) return { disruption: 'full', size };
  const isPartial = silent >= fewest && silent / size >= unhealthyShare;
  return { disruption: isPartial ? 'partial' : 'none', size };
}
const unhealthyShare = 0.55;
const fewest = 3;

/** Milliseconds between two nodes of the zone from which pods are driven; undefined: from none more. */
export function pauseMs({ disruption, size }: ZoneFacts): number | undefined {
  switch (disruption) {
    case 'none':
    case 'full': // others work: it is the zone that is down, and its pods have somewhere to go
      return usualMs;
    case 'partial':
      return size > largeZone ? slowMs : undefined;
    case 'all':
      return undefined;
  }
}
const usualMs = 10_000; // --node-eviction-rate 0.1
const slowMs = 100_000; // --secondary-node-eviction-rate 0.01
const largeZone = 50;

/** Who of a zone is next. Bounded by the zones that nodes have named. */
export function createTurns() {
  const freeMs = new Map<string, number>();
  return {
    /** Milliseconds until it is a node's turn; 0: it is now, and the next one's is `pause` later. */
    take(zone: string, pause: number, nowMs: number): number {
      const leftMs = Math.min(pause, (freeMs.get(zone) ?? 0) - nowMs); // what was a slow zone may be a usual one now
      if (leftMs > 0) return leftMs;
      freeMs.set(zone, nowMs + pause);
      return 0;
    },
  };
}
