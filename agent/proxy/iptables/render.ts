import { assertNever } from '#lib/errors.ts';
import type { Change } from './changes.ts';
import { splitId, type Table, tables } from './rules.ts';

/**
 * The text that makes iptables-restore (with --noflush) do `changes`; '' for none.
 *
 * A section ends in COMMIT and is done whole or not at all. With `chainsPerCommit` large changes are cut in several sections:
 * iptables on nftables takes time that grows with the square of the chains in one. Chains stand before those that lead to them, hence
 * no packet meets half of a Service.
 */
export function render(changes: readonly Change[], chainsPerCommit = Number.POSITIVE_INFINITY): string {
  return tables.map((table) => renderTable(table, changes, chainsPerCommit)).join('');
}

function renderTable(table: Table, changes: readonly Change[], chainsPerCommit: number): string {
  const mine = inOrder(changes.filter((change) => tableOf(change) === table));
  const sections: string[] = [];
  for (let at = 0; at < mine.length; at += chainsPerCommit) {
    sections.push(renderSection(table, mine.slice(at, at + Math.min(chainsPerCommit, mine.length))));
  }
  return sections.join('');
}

function renderSection(table: Table, changes: readonly Change[]): string {
  // Names in falling order: iptables keeps them sorted in a list and looks from its start.
  const heads = changes.flatMap(declared).sort().reverse();
  return `*${table}\n${heads.join('')}${changes.map(body).join('')}COMMIT\n`;
}

function declared(change: Change): string[] {
  if (change.do !== 'write' && change.do !== 'delete') return [];
  return [`:${splitId(change.id).chain} - [0:0]\n`];
}

function body(change: Change): string {
  switch (change.do) {
    case 'write': {
      const { chain } = splitId(change.id);
      return change.rules.map((rule) => `-A ${chain} ${rule}\n`).join('');
    }
    case 'edit': {
      const { chain } = splitId(change.id);
      const added = change.added.map((rule) => `-I ${chain} ${rule}\n`).reverse();
      return [...added, ...change.removed.map((rule) => `-D ${chain} ${rule}\n`)].join('');
    }
    case 'delete':
      return `-X ${splitId(change.id).chain}\n`;
    case 'unjump':
      return `-D ${change.from} ${change.rule}\n`;
    case 'jump':
      return `${change.jump.isLast ? '-A' : '-I'} ${change.jump.from} ${change.jump.rule}\n`;
    default:
      return assertNever(change, 'change');
  }
}

function tableOf(change: Change): Table {
  if (change.do === 'jump') return change.jump.table;
  return change.do === 'unjump' ? change.table : splitId(change.id).table;
}

/** Sorted by rank, which is found out once for each: there may be thirty thousand. */
function inOrder(changes: readonly Change[]): readonly Change[] {
  const byRank = Map.groupBy(changes, rankOf);
  return [...byRank].sort(([a], [b]) => a - b).flatMap(([, some]) => some);
}

/** Those who are led to come first; who goes is let go of first. */
function rankOf(change: Change): number {
  switch (change.do) {
    case 'write':
    case 'edit': {
      const { chain } = splitId(change.id);
      const rank = order.findIndex((prefix) => chain.startsWith(prefix));
      return rank === -1 ? order.length : rank;
    }
    case 'unjump':
    case 'jump':
      return 50;
    case 'delete':
      // The other way round: who leads goes before whom it leads to.
      return 200 - order.findIndex((prefix) => splitId(change.id).chain.startsWith(prefix));
    default:
      return assertNever(change, 'change');
  }
}
const order = [
  'KUBE-MARK-MASQ',
  'KUBE-SEP-',
  'KUBE-SVC-',
  'KUBE-SVL-',
  'KUBE-EXT-',
  'KUBE-FW-',
  'KUBE-NODEPORTS',
  'KUBE-SERVICES',
];
