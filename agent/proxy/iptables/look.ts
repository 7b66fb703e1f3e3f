import { canary } from './base.ts';
import { type Jump, type Table, tables } from './rules.ts';

/**
 * The text by which iptables-restore (with --noflush) looks whether the canaries and ways in are there: it fails if one is missing,
 * and changes nothing. One program for all tables, which reads the chains that are named and those that they lead to: ways into chains
 * that grow with the Services are left out.
 */
export function renderLook(jumps: readonly Jump[]): string {
  return tables.map((table) => `*${table}\n${checksOf(table, jumps).join('')}COMMIT\n`).join('');
}

function checksOf(table: Table, jumps: readonly Jump[]): readonly string[] {
  const cheap = jumps.filter((jump) => jump.table === table && !growing.has(jump.rule.split(' -j ')[1]!));
  return [
    ...canary.map((rule) => `-C KUBE-PROXY-CANARY ${rule}\n`),
    ...cheap.map(({ from, rule }) => `-C ${from} ${rule}\n`),
  ];
}
const growing: ReadonlySet<string> = new Set([
  'KUBE-SERVICES',
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-NODEPORTS',
  'KUBE-PROXY-FIREWALL',
]);
