import type { Service, ServicePort } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { familyOf, parseIp } from '#lib/ip.ts';
import type { ServiceView } from '../service-feed.ts';

/** What DNS knows of one Service. */
export type Entry = { readonly service: string; readonly namespace: string } & (
  | { readonly kind: 'cluster'; readonly addresses: readonly string[]; readonly ports: readonly NamedPort[] }
  | { readonly kind: 'headless'; readonly hosts: ReadonlyMap<string, Host> }
  | { readonly kind: 'external'; readonly target: string }
);

/** One or more endpoints of a headless Service under one name: their hostname, or their address with dashes. */
export interface Host {
  readonly addresses: readonly string[];
  readonly ports: readonly NamedPort[];
}

export interface NamedPort {
  readonly name: string;
  /** Lower case. */
  readonly protocol: string;
  readonly port: number;
}

/** What an address is called. */
export interface Owner {
  readonly service: string;
  readonly namespace: string;
  readonly host?: string | undefined;
}

/** What a zone's planner may ask. Each takes the same time however large the cluster is. */
export interface Zone {
  /** Goes up with each change. */
  readonly version: number;
  entry(service: string, namespace: string): Entry | undefined;
  hasNamespace(namespace: string): boolean;
  /** `ip` as a number: there is more than one way to write an IPv6 address. */
  ownersOf(ip: bigint): readonly Owner[];
}

/** All Services' names, brought up to date one Service at a time. Its size follows the cluster's. */
export class ZoneIndex implements Zone {
  version = 0;
  readonly #entries = new Map<string, Entry>();
  readonly #namespaces = new Map<string, number>();
  readonly #owners = new Map<bigint, ReadonlyMap<string, Owner>>();

  entry(service: string, namespace: string): Entry | undefined {
    return this.#entries.get(`${namespace}/${service}`);
  }

  hasNamespace(namespace: string): boolean {
    return this.#namespaces.has(namespace);
  }

  ownersOf(ip: bigint): readonly Owner[] {
    return [...(this.#owners.get(ip)?.values() ?? [])];
  }

  /** Replaces what is known of `key` ('namespace/name'). */
  put(key: string, view: ServiceView): void {
    this.version++;
    const before = this.#entries.get(key);
    const now = view.service === undefined ? undefined : entryOf(view.service, view.slices);
    if (before !== undefined) this.#own(before, key, false);
    if (now === undefined) this.#entries.delete(key);
    else {
      this.#entries.set(key, now);
      this.#own(now, key, true);
    }
    const namespace = key.slice(0, key.indexOf('/'));
    const count = (this.#namespaces.get(namespace) ?? 0) + Number(now !== undefined) - Number(before !== undefined);
    if (count > 0) this.#namespaces.set(namespace, count);
    else this.#namespaces.delete(namespace);
  }

  #own(entry: Entry, key: string, isAdded: boolean): void {
    const { service, namespace } = entry;
    const names: (readonly [string, string | undefined])[] = [];
    if (entry.kind === 'cluster') names.push(...entry.addresses.map((address) => [address, undefined] as const));
    if (entry.kind === 'headless') {
      for (const [host, { addresses }] of entry.hosts) names.push(...addresses.map((one) => [one, host] as const));
    }
    for (const [address, host] of names) {
      const ip = parseIp(address)?.value;
      if (ip === undefined) continue;
      const owners = new Map(this.#owners.get(ip));
      if (isAdded) owners.set(`${key}/${host ?? ''}`, { service, namespace, host });
      else owners.delete(`${key}/${host ?? ''}`);
      if (owners.size > 0) this.#owners.set(ip, owners);
      else this.#owners.delete(ip);
    }
  }
}

function entryOf({ metadata, spec }: Service, slices: readonly EndpointSlice[]): Entry | undefined {
  const id = { service: metadata.name, namespace: metadata.namespace ?? '' };
  if (spec.type === 'ExternalName') {
    const target = (spec.externalName ?? '').toLowerCase().replace(/\.$/, '');
    // What looks like an address is no name. Rule: Service, "Type: ExternalName".
    return target === '' || parseIp(target) !== undefined ? undefined : { ...id, kind: 'external', target };
  }
  const clusterIps = spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP ?? ''];
  if (clusterIps[0] === 'None') return { ...id, kind: 'headless', hosts: hostsOf(slices) };
  const addresses = clusterIps.filter((ip) => ip !== '');
  if (addresses.length === 0) return undefined; // not given one yet
  return { ...id, kind: 'cluster', addresses, ports: (spec.ports ?? []).flatMap(namedPort) };
}

function hostsOf(slices: readonly EndpointSlice[]): ReadonlyMap<string, Host> {
  const hosts = new Map<string, { addresses: string[]; ports: NamedPort[] }>();
  for (const slice of slices) {
    if (slice.addressType === 'FQDN') continue;
    const ports = (slice.ports ?? []).flatMap(namedPort);
    for (const { addresses, hostname, conditions } of slice.endpoints ?? []) {
      if (conditions?.ready === false) continue;
      for (const address of addresses) {
        const name = hostname || dashed(address);
        const host = hosts.get(name) ?? { addresses: [], ports: [] };
        if (!host.addresses.includes(address)) host.addresses.push(address);
        host.ports.push(...ports.filter((port) => !host.ports.some((known) => isSame(known, port))));
        hosts.set(name, host);
      }
    }
  }
  return hosts;
}

function namedPort({ name, protocol, port }: AnyPort): readonly NamedPort[] {
  return port === undefined ? [] : [{ name: name ?? '', protocol: (protocol ?? 'TCP').toLowerCase(), port }];
}

type AnyPort = Pick<ServicePort, 'name' | 'protocol'> & { readonly port?: number | undefined };

function isSame(a: NamedPort, b: NamedPort): boolean {
  return a.name === b.name && a.protocol === b.protocol && a.port === b.port;
}

function dashed(address: string): string {
  return address.replaceAll(familyOf(address) === 4 ? '.' : ':', '-');
}
