import type { Observed } from './changes.ts';
import { ownedPrefixes } from './names.ts';
import type { ChainId, Rule, Table } from './rules.ts';

/** Reads what iptables-save printed. `ours` names the chains that are ours besides those of Services. */
export function observe(saved: string, ours: ReadonlySet<ChainId>): Observed {
  const chains = new Map<ChainId, Rule[]>();
  const jumps: { table: Table; from: string; rule: Rule }[] = [];
  const isOurs = (id: ChainId, chain: string) =>
    ours.has(id) || ownedPrefixes.some((prefix) => chain.startsWith(prefix));
  let table: Table = 'filter';
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1) as Table;
    else if (line.startsWith(':')) {
      const chain = line.slice(1, line.indexOf(' '));
      const id: ChainId = `${table} ${chain}`;
      if (isOurs(id, chain)) chains.set(id, []);
    } else if (line.startsWith('-A ')) {
      const space = line.indexOf(' ', 3);
      const chain = line.slice(3, space);
      const rule = line.slice(space + 1);
      const own = chains.get(`${table} ${chain}`);
      const target = / -[jg] (\S+)$/.exec(line)?.[1];
      if (own !== undefined) own.push(rule);
      else if (target !== undefined && isOurs(`${table} ${target}`, target)) jumps.push({ table, from: chain, rule });
    }
  }
  return { chains, jumps };
}
