import type { ContainerPort, Pod } from '#lib/api/types/core.v1.ts';
import type { Plugin } from '../plugin.ts';

export const nodePorts: Plugin = {
  name: 'NodePorts',
  prepare: (pod) => hostPortsOf(pod),
  filter(_pod, { pods }, wanted) {
    const ports = wanted as readonly ContainerPort[];
    if (ports.length === 0) return undefined;
    const used = pods.flatMap(hostPortsOf);
    if (!ports.some((port) => used.some((other) => clash(port, other)))) return undefined;
    return { reasons: ["node(s) didn't have free ports for the requested pod ports"] };
  },
};

function hostPortsOf({ spec }: Pod): readonly ContainerPort[] {
  const sidecars = (spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  return [...(spec.containers ?? []), ...sidecars].flatMap((c) =>
    (c.ports ?? []).filter((port) => (port.hostPort ?? 0) > 0),
  );
}

/** The same port and protocol, on addresses of which one is all addresses. */
function clash(a: ContainerPort, b: ContainerPort): boolean {
  if (a.hostPort !== b.hostPort || (a.protocol ?? 'TCP') !== (b.protocol ?? 'TCP')) return false;
  const [first, second] = [a.hostIP || '0.0.0.0', b.hostIP || '0.0.0.0'];
  return first === second || first === '0.0.0.0' || second === '0.0.0.0';
}
