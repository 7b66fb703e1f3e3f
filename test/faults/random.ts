/** Numbers that follow from a seed: the same seed, the same numbers. */
export interface Random {
  /** At least 0, less than 1. */
  next(): number;
  /** A whole number from 0 to `most - 1`. */
  below(most: number): number;
  chance(of: number): boolean;
  pick<T>(all: readonly T[]): T;
}

/** Source: mulberry32, a generator of 32 bits of state. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (most: number) => Math.floor(next() * most);
  return { next, below, chance: (of) => next() < of, pick: (all) => all[below(all.length)]! };
}
