// Ports of containers, their own and the node's. Pure. Rule: core validation validateContainerPorts.
import { at, child, duplicate, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongPort, wrongPortName } from '../../ports.ts';
import type { Container, ContainerPort } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];

export function validatePorts(ports: readonly ContainerPort[], path: Path): StatusCause[] {
  const names = new Set<string>();
  return ports.flatMap(({ name, containerPort, hostPort, protocol }, index) => {
    const field = at(path, index);
    const causes: StatusCause[] = [];
    if (name) {
      const wrong = wrongPortName(name).map((message) => invalidValue(child(field, 'name'), name, message));
      if (wrong.length === 0 && names.has(name)) wrong.push(duplicate(child(field, 'name'), name));
      causes.push(...wrong);
      names.add(name);
    }
    if (!containerPort) causes.push(required(child(field, 'containerPort')));
    for (const [one, port] of [
      ['containerPort', containerPort],
      ['hostPort', hostPort],
    ] as const) {
      if (port) causes.push(...wrongPort(port).map((message) => invalidValue(child(field, one), port, message)));
    }
    if (!protocol) causes.push(required(child(field, 'protocol')));
    else if (!protocols.includes(protocol)) causes.push(notSupported(child(field, 'protocol'), protocol, protocols));
    return causes;
  });
}

/** Two containers that run at a time cannot have one port of the node. `path`: of the list. */
export function conflictingHostPorts(containers: readonly Container[], path: Path): StatusCause[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports }, index) =>
    (ports ?? []).flatMap(({ hostPort, hostIP, protocol }, place) => {
      if (!hostPort) return [];
      const key = `${protocol ?? ''}/${hostIP ?? ''}/${hostPort}`;
      const isTaken = taken.has(key);
      taken.add(key);
      return isTaken ? [duplicate(child(at(child(at(path, index), 'ports'), place), 'hostPort'), key)] : [];
    }),
  );
}
