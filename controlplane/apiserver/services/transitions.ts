// What a Service keeps of what it was given, and what it loses when its type changes. Pure.
// Rule: service storage patchAllocatedValues; service strategy dropTypeDependentFields.
import type { Mutable } from '#lib/api/kinds/object.ts';
import type { ServicePort, ServiceSpec } from '#lib/api/types/core.v1.ts';

type Spec = Mutable<ServiceSpec>;

export function needsAddress({ type }: ServiceSpec): boolean {
  return type === 'ClusterIP' || type === 'NodePort' || type === 'LoadBalancer';
}

export function needsNodePorts({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);
}

/** Whether a node port may stand there at all. */
function mayHaveNodePorts({ type }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

export function needsHealthPort({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

/** A client that does not say what it was given means the same. */
export function keepAllocated(next: Spec, old: ServiceSpec): void {
  if (needsAddress(next) && needsAddress(old)) {
    if (!next.clusterIP && old.clusterIP) next.clusterIP = old.clusterIP;
    if ((next.clusterIPs?.length ?? 0) === 0 && next.clusterIP === old.clusterIP && old.clusterIPs) {
      next.clusterIPs = [...old.clusterIPs];
    }
    if (next.clusterIP === old.clusterIP) {
      next.ipFamilyPolicy ??= old.ipFamilyPolicy;
      if (next.ipFamilies === undefined && old.ipFamilies !== undefined) next.ipFamilies = [...old.ipFamilies];
    }
  }
  if (needsNodePorts(next) && mayHaveNodePorts(old)) {
    const taken = new Set((next.ports ?? []).map(nodePortKey));
    for (const port of next.ports ?? []) {
      const before = (old.ports ?? []).find((one) => one.port === port.port && one.protocol === port.protocol);
      if (port.nodePort || !before?.nodePort || taken.has(nodePortKey(before))) continue;
      port.nodePort = before.nodePort;
    }
  }
  if (needsHealthPort(next) && needsHealthPort(old) && !next.healthCheckNodePort && old.healthCheckNodePort) {
    next.healthCheckNodePort = old.healthCheckNodePort;
  }
}

function nodePortKey({ protocol, nodePort }: ServicePort): string {
  return `${protocol}/${nodePort ?? 0}`;
}

/** What the new type cannot have goes, unless the client asks for something other than what was there: that is refused. */
export function dropUnneeded(next: Spec, old: ServiceSpec): void {
  if (needsAddress(old) && !needsAddress(next) && (next.clusterIP ?? '') === (old.clusterIP ?? '')) {
    delete next.clusterIP;
    delete next.clusterIPs;
    delete next.ipFamilies;
    delete next.ipFamilyPolicy;
  }
  if (mayHaveNodePorts(old) && !mayHaveNodePorts(next)) {
    const before = new Set((old.ports ?? []).map(({ nodePort }) => nodePort ?? 0));
    for (const port of next.ports ?? []) if (before.has(port.nodePort ?? 0)) delete port.nodePort;
  }
  if (needsHealthPort(old) && !needsHealthPort(next) && next.healthCheckNodePort === old.healthCheckNodePort) {
    delete next.healthCheckNodePort;
  }
  if (old.type === 'LoadBalancer' && next.type !== 'LoadBalancer') {
    if (next.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts)
      delete next.allocateLoadBalancerNodePorts;
    if (next.loadBalancerClass === old.loadBalancerClass) delete next.loadBalancerClass;
  }
  const isExternal = mayHaveNodePorts(next) || (next.externalIPs?.length ?? 0) > 0;
  if (!isExternal && next.externalTrafficPolicy === old.externalTrafficPolicy) delete next.externalTrafficPolicy;
  if (next.type === 'ExternalName' && old.type !== 'ExternalName') delete next.internalTrafficPolicy;
}
