// What to answer to a question about the cluster. Rule: "Kubernetes DNS-Based Service Discovery" 1.1.0;
// where it is silent, what CoreDNS answers.
import { type Cidr, contains, familyOf, formatIp, parseCidr, parseIp, widthOf } from '#lib/ip.ts';
import { type Answer, bare, type DnsRecord, type Question, rcodes, types } from './message.ts';
import type { Entry, Host, NamedPort, Zone } from './zone.ts';

export interface DnsFacts {
  /** Such as 'cluster.local'. */
  readonly domain: string;
  readonly zone: Zone;
  /** Addresses whose names nobody outside can know. */
  readonly ownRanges: readonly Cidr[];
  /** The cluster DNS address. */
  readonly address: string;
}

export type Decision =
  | { readonly do: 'answer'; readonly answer: Answer }
  /** Not the cluster's: for a resolver outside. */
  | { readonly do: 'forward' }
  /** Another name's: what is known of that one belongs into the answer, behind `alias`. */
  | { readonly do: 'follow'; readonly alias: DnsRecord; readonly target: string };

/** Decides what a question gets. */
export function decide(question: Question, facts: DnsFacts): Decision {
  if (question.type === types.AXFR || question.type === types.IXFR)
    return { do: 'answer', answer: bare(rcodes.refused) };
  const labels = labelsUnder(question.name, facts.domain);
  if (labels === undefined) return decideReverse(question, facts) ?? { do: 'forward' };
  const decision = decideName(labels, question, facts);
  if (question.type !== types.ANY || decision.do !== 'answer' || decision.answer.rcode !== rcodes.noError)
    return decision;
  return found(facts, [any(question)]);
}

/** The labels before the domain, the last one first; undefined if the name is not under it. */
function labelsUnder(name: string, domain: string): readonly string[] | undefined {
  if (name === domain) return [];
  return name.endsWith(`.${domain}`)
    ? name
        .slice(0, -domain.length - 1)
        .split('.')
        .reverse()
    : undefined;
}

function decideName(labels: readonly string[], question: Question, facts: DnsFacts): Decision {
  const [kind, namespace, service, ...rest] = labels;
  switch (kind) {
    case undefined:
      return found(facts, apex(question, facts));
    case 'dns-version':
      if (labels.length > 1) return noName(facts);
      return found(facts, question.type === types.TXT ? [{ ...head(question), type: 'TXT', text: '1.1.0' }] : []);
    case 'pod':
      return decidePod(labels, question, facts);
    case 'dns':
      // The name that NS and SOA give, and the one above it.
      if (namespace === undefined) return found(facts, []);
      return labels.length === 2 && namespace === 'ns'
        ? found(facts, addresses([facts.address], question))
        : noName(facts);
    case 'svc':
      if (namespace === undefined) return found(facts, []);
      if (service === undefined) return facts.zone.hasNamespace(namespace) ? found(facts, []) : noName(facts);
      return decideService(facts.zone.entry(service, namespace), rest, question, facts);
    default:
      return noName(facts);
  }
}

function decideService(
  entry: Entry | undefined,
  rest: readonly string[],
  question: Question,
  facts: DnsFacts,
): Decision {
  if (entry === undefined) return noName(facts);
  if (entry.kind === 'external') {
    if (rest.length > 0) return noName(facts);
    return { do: 'follow', alias: { ...head(question), type: 'CNAME', target: entry.target }, target: entry.target };
  }
  if (entry.kind === 'headless' && entry.hosts.size === 0) return noName(facts);
  if (rest.length === 0) return found(facts, addresses(addressesOf(entry), question));
  const [first, second] = rest as [string, string?];
  if (first === '_tcp' || first === '_udp' || first === '_sctp') return decidePort(entry, rest, question, facts);
  const host = entry.kind === 'headless' ? entry.hosts.get(first) : undefined;
  return host === undefined || second !== undefined ? noName(facts) : found(facts, addresses(host.addresses, question));
}

function addressesOf(entry: Extract<Entry, { readonly kind: 'cluster' | 'headless' }>): readonly string[] {
  if (entry.kind === 'cluster') return entry.addresses;
  return [...new Set([...entry.hosts.values()].flatMap((host) => host.addresses))];
}

/** `_port._protocol.service...`: SRV records, and the addresses of whom they name. */
function decidePort(
  entry: Extract<Entry, { readonly kind: 'cluster' | 'headless' }>,
  rest: readonly string[],
  question: Question,
  facts: DnsFacts,
): Decision {
  const protocol = rest[0]!.slice(1);
  const name = `${entry.service}.${entry.namespace}.svc.${facts.domain}`;
  const hosts: readonly (readonly [string, Host])[] =
    entry.kind === 'cluster'
      ? [[name, entry]]
      : [...entry.hosts].map(([host, known]) => [`${host}.${name}`, known] as const);
  const ofProtocol = (host: Host) => host.ports.filter((port) => port.protocol === protocol && port.name !== '');
  if (rest.length === 1)
    return hosts.some(([, host]) => ofProtocol(host).length > 0) ? found(facts, []) : noName(facts);
  if (rest.length > 2 || !rest[1]!.startsWith('_')) return noName(facts);
  const portName = rest[1]!.slice(1);
  const matches = hosts.flatMap(([target, host]) =>
    ofProtocol(host).flatMap((port) => (port.name === portName ? [{ target, host, port }] : [])),
  );
  if (matches.length === 0) return noName(facts);
  if (question.type !== types.SRV) return found(facts, []);
  const weight = Math.max(1, Math.floor(100 / matches.length));
  return found(
    facts,
    matches.map(({ target, port }) => srv(question, target, port, weight)),
    matches.flatMap(({ target, host }) => host.addresses.map((address) => addressRecord(target, address))),
  );
}

function srv(question: Question, target: string, { port }: NamedPort, weight: number): DnsRecord {
  return { ...head(question), type: 'SRV', priority: 0, weight, port, target };
}

/** `1-2-3-4.namespace.pod...` says itself which address it means. */
function decidePod(labels: readonly string[], question: Question, facts: DnsFacts): Decision {
  const [, namespace, text, more] = labels;
  if (namespace === undefined || text === undefined) return found(facts, []);
  const isIpv4 = /^\d+-\d+-\d+-\d+$/.test(text);
  const ip = more === undefined ? parseIp(text.replaceAll('-', isIpv4 ? '.' : ':')) : undefined;
  return ip === undefined ? noName(facts) : found(facts, addresses([formatIp(ip)], question));
}

function decideReverse(question: Question, facts: DnsFacts): Decision | undefined {
  const range = reversed(question.name);
  if (range === undefined) return undefined;
  const ip = { family: range.family, value: range.base };
  const isOwn = facts.ownRanges.some((own) => own.bits <= range.bits && contains(own, ip));
  if (range.bits < widthOf(range.family)) return isOwn ? found(facts, []) : undefined; // names of addresses stand below it
  const owners = facts.zone.ownersOf(ip.value);
  if (owners.length === 0) return isOwn ? noName(facts) : undefined;
  if (question.type === types.ANY) return found(facts, [any(question)]);
  if (question.type !== types.PTR) return found(facts, []);
  return found(
    facts,
    owners.map(({ host, service, namespace }) => {
      const name = `${service}.${namespace}.svc.${facts.domain}`;
      return { ...head(question), type: 'PTR', target: host === undefined ? name : `${host}.${name}` };
    }),
  );
}

/** The address that a name under `in-addr.arpa` or `ip6.arpa` stands for, or the range of those below it. */
function reversed(name: string): Cidr | undefined {
  if (name.endsWith('.in-addr.arpa')) {
    const parts = name.slice(0, -13).split('.').reverse();
    return parseCidr(`${[...parts, '0', '0', '0'].slice(0, Math.max(4, parts.length)).join('.')}/${parts.length * 8}`);
  }
  if (!name.endsWith('.ip6.arpa')) return undefined;
  const digits = name.slice(0, -9).split('.').reverse();
  if (!digits.every((digit) => /^[0-9a-f]$/.test(digit)) || digits.length > 32) return undefined;
  return parseCidr(`${digits.join('').padEnd(32, '0').match(/..../g)!.join(':')}/${digits.length * 4}`);
}

function apex(question: Question, facts: DnsFacts): readonly DnsRecord[] {
  if (question.type === types.SOA) return [soa(facts)];
  if (question.type === types.NS) return [{ ...head(question), type: 'NS', target: `ns.dns.${facts.domain}` }];
  return [];
}

/** RFC 8482: a question for everything gets one small thing. */
function any(question: Question): DnsRecord {
  return { ...head(question), type: 'HINFO', cpu: 'RFC8482', os: '' };
}

function addresses(all: readonly string[], question: Question): readonly DnsRecord[] {
  if (question.type !== types.A && question.type !== types.AAAA) return [];
  const family = question.type === types.A ? 4 : 6;
  return all.filter((address) => familyOf(address) === family).map((address) => addressRecord(question.name, address));
}

function addressRecord(name: string, address: string): DnsRecord {
  return { name, ttl: ttlSeconds, type: familyOf(address) === 4 ? 'A' : 'AAAA', address };
}

function head({ name }: Question) {
  return { name, ttl: ttlSeconds };
}
const ttlSeconds = 30;
// A Service that has just been made should soon be found by who asked too early.
const negativeTtlSeconds = 5;

function soa({ domain }: DnsFacts): DnsRecord {
  return {
    name: domain,
    ttl: negativeTtlSeconds,
    type: 'SOA',
    primary: `ns.dns.${domain}`,
    contact: `hostmaster.${domain}`,
    serial: 1,
    minimumSeconds: negativeTtlSeconds,
  };
}

/** The name exists; no record of that type is an answer, too. */
function found(facts: DnsFacts, answers: readonly DnsRecord[], additionals: readonly DnsRecord[] = []): Decision {
  const authorities = answers.length === 0 ? [soa(facts)] : [];
  return { do: 'answer', answer: { rcode: rcodes.noError, isAuthoritative: true, answers, authorities, additionals } };
}

function noName(facts: DnsFacts): Decision {
  const answer = { ...bare(rcodes.nameError), isAuthoritative: true, authorities: [soa(facts)] };
  return { do: 'answer', answer };
}
