import { setImmediate as others } from 'node:timers/promises';
import type { Family } from '#lib/ip.ts';
import { draining } from './changes.ts';
import { listedIn } from './listed.ts';

/** How the kernel differs from what is known to be there. */
export interface Differences {
  /** Servers and addresses that it has not. */
  readonly missing: readonly string[];
  /** Real servers that were to run dry, and have. */
  readonly dry: readonly string[];
}

/**
 * Compares bit by bit: changes go on meanwhile, and what they touch may be in the differences, rightly or not.
 * `listed`: what the kernel wrote of all servers. `addresses`: those of our link.
 */
export async function compare(
  known: ReadonlyMap<string, string>,
  { listed, addresses }: { readonly listed: string; readonly addresses: readonly string[] },
  family: Family,
): Promise<Differences> {
  const found = new Set<string>();
  for (const ip of addresses) found.add(`address ${ip}`);
  const [missing, dry]: [string[], string[]] = [[], []];
  let count = 0;
  for (const { id, isBusy } of listedIn(listed, family)) {
    if (++count % atOnce === 0) await others();
    found.add(id);
    if (!isBusy && known.get(id) === draining) dry.push(id);
  }
  for (const id of known.keys()) {
    if (++count % atOnce === 0) await others();
    if (!id.startsWith('member ') && !found.has(id)) missing.push(id);
  }
  return { missing, dry };
}
const atOnce = 500;
