import type { Family } from '#lib/ip.ts';

/** Rules as data. A rule is what iptables-save prints of it after `-A CHAIN `, so that what is there can be compared by text. */
export type Rule = string;
export type Table = 'filter' | 'nat';
export const tables: readonly Table[] = ['filter', 'nat'];

/** A chain within a table, such as 'nat KUBE-SERVICES'. */
export type ChainId = `${Table} ${string}`;
export type Chains = ReadonlyMap<ChainId, readonly Rule[]>;

/** A rule in a chain that is not ours, which leads to one that is. */
export interface Jump {
  readonly table: Table;
  readonly from: 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';
  readonly rule: Rule;
  /** Behind everything that others put there, instead of before. */
  readonly isLast?: boolean;
}

/** What one contributor (a Service, the node itself) wants. */
export interface Contribution {
  /** Chains that nobody else writes to. */
  readonly own: Chains;
  /** Rules for chains that many write to. */
  readonly shared: Chains;
}

export function splitId(id: ChainId): { readonly table: Table; readonly chain: string } {
  const space = id.indexOf(' ');
  return { table: id.slice(0, space) as Table, chain: id.slice(space + 1) };
}

export function isSame(a: readonly Rule[] | undefined, b: readonly Rule[] | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((rule, index) => rule === b[index]);
}

export function comment(text: string): string {
  return `-m comment --comment "${text}"`;
}

/**
 * The target that refuses. TCP gets a reset: an ICMP error that comes back at once, while the client still holds its socket's lock,
 * is taken for a passing one, and the client waits a second.
 */
export function reject(family: Family, protocol?: string): string {
  if (protocol === 'tcp') return 'REJECT --reject-with tcp-reset';
  return `REJECT --reject-with ${family === 4 ? 'icmp-port-unreachable' : 'icmp6-port-unreachable'}`;
}

/** Collects rules by chain. */
export class ChainsBuilder {
  readonly chains = new Map<ChainId, Rule[]>();

  add(id: ChainId, ...rules: readonly Rule[]): void {
    const known = this.chains.get(id);
    if (known === undefined) this.chains.set(id, [...rules]);
    else known.push(...rules);
  }
}
