import type { ContainerPort, Pod } from '../types/core.v1.ts';

/** The ports of the node that a pod wants. */
export function hostPortsOf({ spec }: Pod): readonly ContainerPort[] {
  const sidecars = (spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  return [...(spec.containers ?? []), ...sidecars].flatMap((c) =>
    (c.ports ?? []).filter((port) => (port.hostPort ?? 0) > 0),
  );
}

/** The same port and protocol, on addresses of which one is all addresses. */
export function clash(a: ContainerPort, b: ContainerPort): boolean {
  if (a.hostPort !== b.hostPort || (a.protocol ?? 'TCP') !== (b.protocol ?? 'TCP')) return false;
  const [first, second] = [a.hostIP || '0.0.0.0', b.hostIP || '0.0.0.0'];
  return first === second || first === '0.0.0.0' || second === '0.0.0.0';
}
