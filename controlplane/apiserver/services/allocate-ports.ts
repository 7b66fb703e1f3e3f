// Gives a Service the node ports that it needs and has not yet.
import { at, invalidValue } from '#lib/api/field-errors.ts';
import type { Mutable } from '#lib/api/kinds/object.ts';
import type { Service, ServiceSpec } from '#lib/api/types/core.v1.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';
import { pickFree, reservedPorts, type Span } from './pick.ts';
import { needsHealthPort, needsNodePorts } from './transitions.ts';
import type { Usage } from './usage.ts';

export interface PortPools {
  readonly ports: Span;
  readonly portsInUse: Usage<number>;
  random(): number;
}

/** @returns what could not be had; `owner` is who claims: its claims are released if anything could not */
export function allocatePorts(
  next: Mutable<Service>,
  old: Service | undefined,
  pools: PortPools,
  owner: object,
): readonly StatusCause[] {
  const spec = next.spec ?? {};
  return [
    ...allocateNodePorts(spec, new Set(nodePortsOf(old)), pools, owner),
    ...allocateHealthPort(spec, old?.spec?.healthCheckNodePort, pools, owner),
  ];
}

/** Every port of the nodes that a Service has. */
export function nodePortsOf(service: Service | undefined): readonly number[] {
  const { ports = [], healthCheckNodePort = 0 } = service?.spec ?? {};
  return [...new Set([...ports.map(({ nodePort = 0 }) => nodePort), healthCheckNodePort])].filter((port) => port > 0);
}

function allocateNodePorts(
  spec: Mutable<ServiceSpec>,
  mine: ReadonlySet<number>,
  pools: PortPools,
  owner: object,
): readonly StatusCause[] {
  const causes: StatusCause[] = [];
  const ports = spec.ports ?? [];
  for (const [i, { nodePort }] of ports.entries()) {
    if (!nodePort || mine.has(nodePort) || spec.type === 'ClusterIP' || spec.type === 'ExternalName') continue;
    const wrong = claimPort(nodePort, pools, owner);
    if (wrong !== undefined) causes.push(invalidValue(`${at('spec.ports', i)}.nodePort`, nodePort, wrong));
  }
  if (!needsNodePorts(spec)) return causes;
  for (const port of ports) {
    if (port.nodePort) continue;
    // One number for the same port under several protocols, as long as nobody chose otherwise.
    const twin = ports.find((one) => one.nodePort && one.port === port.port && one.protocol !== port.protocol);
    const free = twin?.nodePort ?? pickPort(pools);
    if (free === undefined) {
      causes.push(invalidValue('spec.ports', 0, 'failed to allocate a nodePort: range is full'));
      break;
    }
    pools.portsInUse.claim(free, owner);
    port.nodePort = free;
  }
  return causes;
}

function allocateHealthPort(
  spec: Mutable<ServiceSpec>,
  old: number | undefined,
  pools: PortPools,
  owner: object,
): readonly StatusCause[] {
  if (!needsHealthPort(spec)) return [];
  const asked = spec.healthCheckNodePort;
  if (asked) {
    const wrong = asked === old ? undefined : claimPort(asked, pools, owner);
    if (wrong === undefined) return [];
    const why = `failed to allocate requested HealthCheck NodePort ${asked}: ${wrong}`;
    return [invalidValue('spec.healthCheckNodePort', asked, why)];
  }
  const free = pickPort(pools);
  if (free === undefined)
    return [invalidValue('spec.healthCheckNodePort', 0, 'failed to allocate a HealthCheck NodePort')];
  pools.portsInUse.claim(free, owner);
  spec.healthCheckNodePort = free;
  return [];
}

function pickPort({ ports, portsInUse, random }: PortPools): number | undefined {
  return pickFree(ports, reservedPorts(ports.size), portsInUse.isTaken, random);
}

function claimPort(port: number, { ports, portsInUse }: PortPools, owner: object): string | undefined {
  const last = ports.first + ports.size - 1;
  if (port < ports.first || port > last) {
    return `provided port is not in the valid range. The range of valid ports is ${ports.first}-${last}`;
  }
  return portsInUse.claim(port, owner) ? undefined : 'provided port is already allocated';
}
