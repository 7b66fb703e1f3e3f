import { clash, hostPortsOf } from '#lib/api/scheduling/host-ports.ts';
import type { ContainerPort } from '#lib/api/types/core.v1.ts';
import { type Plugin, skip } from '../plugin.ts';

export const nodePorts: Plugin = {
  name: 'NodePorts',
  prepare(pod) {
    const wanted = hostPortsOf(pod);
    return wanted.length === 0 ? skip : wanted;
  },
  filter(_pod, { ports }, wanted) {
    if (!(wanted as readonly ContainerPort[]).some((port) => ports.some((other) => clash(port, other))))
      return undefined;
    return { reasons: ["node(s) didn't have free ports for the requested pod ports"] };
  },
  helps(pod, change) {
    if (change.what === 'node') return true;
    if (change.what !== 'pod' || change.before === undefined || change.now !== undefined) return false;
    const freed = hostPortsOf(change.before);
    return hostPortsOf(pod).some((port) => freed.some((other) => clash(port, other)));
  },
};
