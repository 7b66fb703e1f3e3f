// What a round does to whom: data, the same for the same seed.
import type { Random } from '../chaos/random.ts';

export type Part = 'server' | 'etcd' | 'agent' | 'node';
export type Harm = 'kill' | 'end' | 'pause' | 'cut' | 'lose';

export interface Round {
  readonly part: Part;
  readonly harm: Harm;
  /** Which of the three. */
  readonly which: number;
  readonly forMs: number;
}

/** What may happen to each. Losing a node takes more than a minute: until its pods are replaced. */
const harms: Readonly<Record<Part, readonly Harm[]>> = {
  server: ['kill', 'end', 'pause'],
  etcd: ['kill', 'pause'],
  agent: ['kill', 'pause'],
  node: ['cut', 'kill', 'lose'],
};
const parts = ['server', 'server', 'etcd', 'etcd', 'agent', 'node', 'node'] as const;

export function nextRound(random: Random, { isShort }: { readonly isShort: boolean }): Round {
  const part = random.pick(parts);
  const harm = random.pick(harms[part].filter((one) => !isShort || one !== 'lose'));
  const forMs = random.between(1_000, 5_000);
  // The lab's own first node cannot be made anew without its server's door.
  return {
    part,
    harm,
    which: harm === 'lose' || (part === 'node' && harm === 'kill') ? random.between(1, 2) : random.between(0, 2),
    forMs,
  };
}

export function describe({ part, harm, which, forMs }: Round): string {
  const time = harm === 'lose' ? 'until its pods are replaced' : `for ${(forMs / 1000).toFixed(1)} s`;
  return `${harm} ${part} ${which + 1} ${time}`;
}
