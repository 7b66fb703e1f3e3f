import type { PortPlan } from '../plan.ts';

/** A UDP flow that the kernel remembers: as it came, and from where the answers are expected. */
export interface Flow {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly replySource: string;
  readonly replySourcePort: number;
}

/** What a plan needs to know of its node. */
export interface FlowFacts {
  readonly nodeIps: ReadonlySet<string>;
  /** See `RuleFacts.ownAddresses`. */
  readonly ownAddresses: ReadonlySet<string>;
}

/**
 * The flows to be forgotten: they go to a Service, but to nobody who still serves it, and as UDP knows no end they would for as long
 * as the client sends. Whom rules would choose now does not matter: a connection would stay, too.
 * Flows that are right, and those that are not of Services, stay. Rule: kube-proxy, reconciliation of conntrack.
 */
export function planForget(
  flows: readonly Flow[],
  ports: Iterable<PortPlan>,
  { nodeIps, ownAddresses }: FlowFacts,
): readonly Flow[] {
  const { fronts, nodePorts } = indexOf(ports, ownAddresses);
  return flows.filter((flow) => {
    const answeredBy = end(flow.replySource, flow.replySourcePort);
    const isTranslated = flow.replySource !== flow.destination;
    const front = fronts.get(end(flow.destination, flow.destinationPort));
    if (front !== undefined) return !front.has(answeredBy);
    const nodePort = nodePorts.get(flow.destinationPort);
    // Not translated and not for this node: somebody's own port of the same number elsewhere.
    return nodePort !== undefined && (isTranslated || nodeIps.has(flow.destination)) && !nodePort.has(answeredBy);
  });
}

function indexOf(ports: Iterable<PortPlan>, ownAddresses: ReadonlySet<string>) {
  const fronts = new Map<string, ReadonlySet<string>>();
  const nodePorts = new Map<number, ReadonlySet<string>>();
  for (const port of ports) {
    if (port.protocol !== 'udp') continue;
    const targets = new Set(port.targets.serving.map((to) => end(to.address, to.port)));
    if (!port.targets.hasAny && ownAddresses.has(port.clusterIp)) targets.add(end(port.clusterIp, port.port)); // the node itself
    for (const ip of [port.clusterIp, ...port.externalIps, ...port.loadBalancerIps]) {
      fronts.set(end(ip, port.port), targets);
    }
    if (port.nodePort !== undefined) nodePorts.set(port.nodePort, targets);
  }
  return { fronts, nodePorts };
}

function end(ip: string, port: number): string {
  return `${ip} ${port}`;
}
