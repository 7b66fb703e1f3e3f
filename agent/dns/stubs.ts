// Which resolvers are asked for a name. Pure.
// Rule: "Customizing DNS Service", ConfigMap kube-dns: stubDomains and upstreamNameservers, both JSON.
import { parseIp } from '#lib/ip.ts';
import type { Upstream } from './upstream.ts';

export interface Stubs {
  /** By domain, in lower case. */
  readonly domains: ReadonlyMap<string, readonly Upstream[]>;
  /** In place of the node's own resolvers; none: those. */
  readonly upstreams: readonly Upstream[];
  /** What could not be understood, for people. */
  readonly problems: readonly string[];
}

export const noStubs: Stubs = { domains: new Map(), upstreams: [], problems: [] };

export function parseStubs(data: Readonly<Record<string, string>> | undefined): Stubs {
  const problems: string[] = [];
  const read = (field: string): unknown => {
    try {
      return data?.[field] === undefined ? undefined : JSON.parse(data[field]);
    } catch {
      problems.push(`${field} is not JSON`);
      return undefined;
    }
  };
  const servers = (value: unknown, where: string): readonly Upstream[] => {
    const list = Array.isArray(value) ? value : [];
    return list.slice(0, mostServers).flatMap((text) => {
      const upstream = typeof text === 'string' ? upstreamOf(text) : undefined;
      if (upstream === undefined) problems.push(`${where}: ${JSON.stringify(text)} is no address`);
      return upstream ?? [];
    });
  };
  const stubs = read('stubDomains');
  const domains = new Map<string, readonly Upstream[]>();
  if (typeof stubs === 'object' && stubs !== null && !Array.isArray(stubs)) {
    for (const [domain, value] of Object.entries(stubs).slice(0, mostDomains)) {
      domains.set(domain.toLowerCase().replace(/\.$/, ''), servers(value, `stubDomains[${JSON.stringify(domain)}]`));
    }
  }
  return { domains, upstreams: servers(read('upstreamNameservers'), 'upstreamNameservers'), problems };
}
const mostServers = 3;
const mostDomains = 200;

/** Those of the longest domain that `name` is in; else the general ones. */
export function upstreamsFor(
  name: string,
  { domains, upstreams }: Stubs,
  general: readonly Upstream[],
): readonly Upstream[] {
  for (let rest = name; rest !== '' && domains.size > 0; rest = rest.slice(rest.indexOf('.') + 1)) {
    const found = domains.get(rest);
    if (found !== undefined) return found;
    if (!rest.includes('.')) break;
  }
  return upstreams.length > 0 ? upstreams : general;
}

/** `10.0.0.1`, `10.0.0.1:5353`, `fd00::1` or `[fd00::1]:5353`. */
function upstreamOf(text: string): Upstream | undefined {
  if (parseIp(text) !== undefined) return { address: text, port: 53 };
  const [, address = '', port = ''] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  const number = Number(port);
  return parseIp(address) !== undefined && number >= 1 && number <= 65_535 ? { address, port: number } : undefined;
}
