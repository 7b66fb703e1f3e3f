import { canary } from './base.ts';
import { type Jump, type Rule, type Table, tables } from './rules.ts';

/** What iptables-restore (with --noflush) is to be asked to look whether the canaries and ways in are there, and how it answers. */
export interface LookPlan {
  /**
   * It shows the chains that are named, fails if one is missing, and changes nothing. One program for all tables, which reads
   * no other chain, however many there are.
   */
  readonly input: string;
  /** Whether all is there, by what it prints. */
  isAllIn(printed: string): boolean;
}

export function planLook(jumps: readonly Jump[]): LookPlan {
  const wanted = tables.flatMap((table) => chainsOf(table, jumps));
  return {
    input: tables
      .map((table) => {
        const shown = wanted.filter((one) => one.table === table).map(({ chain }) => `-S ${chain}\n`);
        return `*${table}\n${shown.join('')}COMMIT\n`;
      })
      .join(''),
    isAllIn(printed) {
      // Each begins with its policy, or with the command that makes it; what comes before are remarks.
      const found = printed.split(/^(?=-[PN] )/m).filter((text) => /^-[PN] /.test(text));
      return (
        found.length === wanted.length &&
        wanted.every(({ chain, rules }, at) => {
          const lines = new Set(found[at]!.split('\n'));
          return rules.every((rule) => lines.has(`-A ${chain} ${rule}`));
        })
      );
    },
  };
}

function chainsOf(table: Table, jumps: readonly Jump[]) {
  const chains = new Map<string, Rule[]>([['KUBE-PROXY-CANARY', [...canary]]]);
  for (const { from, rule } of jumps.filter((jump) => jump.table === table))
    chains.set(from, [...(chains.get(from) ?? []), rule]);
  return [...chains].map(([chain, rules]) => ({ table, chain, rules }));
}
