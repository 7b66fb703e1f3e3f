import type { Endpoint, EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import type { Family } from '#lib/ip.ts';

/** One place where a Service's port is answered. */
export interface Target {
  readonly address: string;
  readonly port: number;
  readonly isLocal: boolean;
}

/** Which targets serve which kind of traffic. */
export interface Targets {
  /** For traffic that may go anywhere. */
  readonly cluster: readonly Target[];
  /** For traffic that must stay on this node. */
  readonly local: readonly Target[];
  /** Whether any node could answer: decides between rejecting and dropping what this node cannot answer. */
  readonly hasAny: boolean;
  /** Ready ones on this node, whatever the traffic may use: what load balancers are told. */
  readonly localReadyCount: number;
  /** For UDP: all that serve, chosen or not. A flow that goes to one of them may go on. */
  readonly serving: readonly Target[];
}

export interface TargetFacts {
  readonly nodeName: string;
  readonly zone: string | undefined;
  readonly family: Family;
  readonly portName: string;
  readonly protocol: string;
  readonly usesCluster: boolean;
  readonly usesLocal: boolean;
}

/**
 * Chooses, for one port of a Service, among the endpoints of all its slices.
 * Terminating ones that still serve are the last resort, separately for each kind of traffic.
 * Rule: KEP-1669 (terminating endpoints), KEP-2433 and KEP-3015 (hints).
 */
export function chooseTargets(slices: readonly EndpointSlice[], facts: TargetFacts): Targets {
  const all = candidatesOf(slices, facts);
  const ready = all.filter((candidate) => candidate.isReady);
  const lastResort = all.filter((candidate) => candidate.isServing && candidate.isTerminating);

  const near = facts.usesCluster ? ready.filter(nearness(ready, facts)) : [];
  const cluster = near.length > 0 || !facts.usesCluster ? near : lastResort;
  const localReady = ready.filter((candidate) => candidate.target.isLocal);
  const localReadyCount = localReady.length;
  const serving = facts.protocol === 'UDP' ? plain(all.filter((one) => one.isServing)) : [];
  const common = { cluster: plain(cluster), localReadyCount, serving };
  if (!facts.usesLocal) return { ...common, local: [], hasAny: cluster.length > 0 };

  const local = localReady.length > 0 ? localReady : lastResort.filter((candidate) => candidate.target.isLocal);
  return { ...common, local: plain(local), hasAny: ready.length + lastResort.length > 0 };
}

interface Candidate {
  readonly target: Target;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  readonly zones: readonly string[];
  readonly nodes: readonly string[];
}

function candidatesOf(slices: readonly EndpointSlice[], facts: TargetFacts): Candidate[] {
  const found = new Map<string, Candidate>(); // two slices may name one endpoint while it moves between them
  for (const slice of slices) {
    if (slice.addressType !== `IPv${facts.family}`) continue;
    const ports = (slice.ports ?? []).filter(
      (port) => (port.name ?? '') === facts.portName && (port.protocol ?? 'TCP') === facts.protocol && port.port,
    );
    for (const { port } of ports) {
      for (const endpoint of slice.endpoints ?? []) {
        const candidate = candidateOf(endpoint, port!, facts.nodeName);
        const id = `${candidate.target.address}:${port}`;
        const known = found.get(id);
        if (known === undefined || (!known.isReady && candidate.isReady)) found.set(id, candidate);
      }
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, candidate]) => candidate);
}

function candidateOf(endpoint: Endpoint, port: number, nodeName: string): Candidate {
  const { ready = true, serving = ready, terminating = false } = endpoint.conditions ?? {};
  return {
    target: { address: endpoint.addresses[0]!, port, isLocal: endpoint.nodeName === nodeName },
    isReady: ready,
    isServing: serving,
    isTerminating: terminating,
    zones: (endpoint.hints?.forZones ?? []).map((zone) => zone.name),
    nodes: (endpoint.hints?.forNodes ?? []).map((node) => node.name),
  };
}

/** Hints count only if every ready endpoint has one and one of them is for here; else all are near. */
function nearness(ready: readonly Candidate[], { nodeName, zone }: TargetFacts): (candidate: Candidate) => boolean {
  if (ready.every((one) => one.nodes.length > 0) && ready.some((one) => one.nodes.includes(nodeName))) {
    return (one) => one.nodes.includes(nodeName);
  }
  if (
    zone !== undefined &&
    ready.every((one) => one.zones.length > 0) &&
    ready.some((one) => one.zones.includes(zone))
  ) {
    return (one) => one.zones.includes(zone);
  }
  return () => true;
}

function plain(candidates: readonly Candidate[]): readonly Target[] {
  return candidates.map((candidate) => candidate.target);
}
