import { at, child, type Path } from '../../field-errors.ts';
import type { ContainerPort, PodSpec } from '../../types/core.v1.ts';
import { containersAt } from './containers.ts';

interface Taken {
  readonly port: ContainerPort;
  readonly field: Path;
}

/** Ports of all containers of a pod share one network: who takes what twice? */
export function portWarnings(spec: PodSpec, path: Path): string[] {
  const warnings: string[] = [];
  const taken = new Map<string, Taken[]>();
  for (const [container, place] of containersAt(spec, path)) {
    for (const [index, port] of (container.ports ?? []).entries()) {
      const field = at(child(place, 'ports'), index);
      if (port.hostIP && !port.hostPort) {
        warnings.push(`${field}: hostIP set without hostPort: ${asGo(port)}`);
      }
      const key = `${port.containerPort}/${port.protocol}`;
      const others = taken.get(key) ?? [];
      for (const other of others) {
        const what = clash(port, other.port);
        if (what !== undefined) warnings.push(`${field}: ${what} port definition with ${other.field}`);
      }
      taken.set(key, [...others, { port, field }]);
    }
  }
  return warnings;
}

function clash(a: ContainerPort, b: ContainerPort): string | undefined {
  const [ipA, ipB] = [a.hostIP ?? '', b.hostIP ?? ''];
  const [portA, portB] = [a.hostPort ?? 0, b.hostPort ?? 0];
  if (ipA === ipB && portA === portB) return 'duplicate';
  if (portA === 0 || portB === 0) return 'overlapping';
  return portA === portB && (ipA === '') !== (ipB === '') ? 'dangerously ambiguous' : undefined;
}

function asGo({ name = '', hostPort = 0, containerPort, protocol, hostIP = '' }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol ?? ''} HostIP:${hostIP}}`;
}
