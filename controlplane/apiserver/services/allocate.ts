// Gives a Service the addresses and ports that it needs and has not yet.
import { at, invalidValue } from '#lib/api/field-errors.ts';
import type { Mutable } from '#lib/api/kinds/object.ts';
import type { Service, ServiceSpec } from '#lib/api/types/core.v1.ts';
import type { StatusCause } from '#lib/api/types/meta.v1.ts';
import { type Cidr, contains, formatCidr, formatIp, parseIp, widthOf } from '#lib/ip.ts';
import { pickFree, reservedAddresses, reservedPorts, type Span } from './pick.ts';
import { needsAddress, needsHealthPort, needsNodePorts } from './transitions.ts';
import type { Usage } from './usage.ts';

export interface Pools {
  readonly range: Cidr;
  readonly ports: Span;
  readonly addressesInUse: Usage<string>;
  readonly portsInUse: Usage<number>;
  random(): number;
}

/** @returns what could not be had; `owner` is who claims: its claims are released if anything could not */
export function allocate(
  next: Mutable<Service>,
  old: Service | undefined,
  pools: Pools,
  owner: object,
): readonly StatusCause[] {
  const spec = next.spec ?? {};
  return [
    ...allocateAddress(spec, old?.spec ?? {}, pools, owner),
    ...allocateNodePorts(spec, new Set(nodePortsOf(old)), pools, owner),
    ...allocateHealthPort(spec, old?.spec?.healthCheckNodePort, pools, owner),
  ];
}

/** Every port of the nodes that a Service has. */
export function nodePortsOf(service: Service | undefined): readonly number[] {
  const { ports = [], healthCheckNodePort = 0 } = service?.spec ?? {};
  return [...new Set([...ports.map(({ nodePort = 0 }) => nodePort), healthCheckNodePort])].filter((port) => port > 0);
}

/** Every address of the cluster that a Service has. */
export function addressesOf(service: Service | undefined): readonly string[] {
  const { clusterIP = '', clusterIPs = [] } = service?.spec ?? {};
  return [...new Set([clusterIP, ...clusterIPs])].filter((ip) => ip !== '' && ip !== 'None');
}

function allocateAddress(
  spec: Mutable<ServiceSpec>,
  old: ServiceSpec,
  { range, addressesInUse, random }: Pools,
  owner: object,
): readonly StatusCause[] {
  const asked = spec.clusterIP;
  if (!needsAddress(spec) || asked === 'None') return [];
  if (asked) {
    const ip = parseIp(asked);
    if (ip === undefined || asked === old.clusterIP) return []; // what is no address is the validation's to refuse
    const wrong = contains(range, ip)
      ? addressesInUse.claim(asked, owner)
        ? undefined
        : 'provided IP is already allocated'
      : `the provided IP (${asked}) is not in the valid range. The range of valid IPs is ${formatCidr(range)}`;
    if (wrong === undefined) return [];
    return [invalidValue('spec.clusterIPs', [asked], `failed to allocate IP ${asked}: ${wrong}`)];
  }
  const size = Math.min(2 ** Math.min(widthOf(range.family) - range.bits, 20), 2 ** 20) - 2;
  const text = (offset: number): string => formatIp({ family: range.family, value: range.base + BigInt(offset) });
  // The first and the last address of a range name the network itself and everybody in it.
  const span = { first: 1, size };
  const offset = pickFree(span, reservedAddresses(size), (value) => addressesInUse.isTaken(text(value)), random);
  if (offset === undefined)
    return [invalidValue('spec.clusterIPs', [], 'failed to allocate a serviceIP: range is full')];
  addressesInUse.claim(text(offset), owner);
  spec.clusterIP = text(offset);
  spec.clusterIPs = [spec.clusterIP];
  return [];
}

function allocateNodePorts(
  spec: Mutable<ServiceSpec>,
  mine: ReadonlySet<number>,
  pools: Pools,
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
  pools: Pools,
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

function pickPort({ ports, portsInUse, random }: Pools): number | undefined {
  return pickFree(ports, reservedPorts(ports.size), portsInUse.isTaken, random);
}

function claimPort(port: number, { ports, portsInUse }: Pools, owner: object): string | undefined {
  const last = ports.first + ports.size - 1;
  if (port < ports.first || port > last) {
    return `provided port is not in the valid range. The range of valid ports is ${ports.first}-${last}`;
  }
  return portsInUse.claim(port, owner) ? undefined : 'provided port is already allocated';
}
