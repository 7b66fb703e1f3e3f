import { clash, hostPortsOf } from '#lib/api/scheduling/host-ports.ts';
import type { ContainerPort } from '#lib/api/types/core.v1.ts';
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
