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

/**
 * The flows to be forgotten: they go to a Service, but not to one of its present targets, and as UDP knows no end
 * they would for as long as the client sends. Flows that are right, and those that are not of Services, stay.
 */
export function planForget(
  flows: readonly Flow[],
  ports: Iterable<PortPlan>,
  nodeIps: ReadonlySet<string>,
): readonly Flow[] {
  const { fronts, nodePorts } = indexOf(ports);
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

function indexOf(ports: Iterable<PortPlan>) {
  const fronts = new Map<string, ReadonlySet<string>>();
  const nodePorts = new Map<number, ReadonlySet<string>>();
  for (const port of ports) {
    if (port.protocol !== 'udp') continue;
    const targets = new Set([...port.targets.cluster, ...port.targets.local].map((to) => end(to.address, to.port)));
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
