// Seeds of rounds that have found something: they are run again unless a seed, rounds or a time is asked for.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';

export interface Series {
  readonly seed: number;
  readonly rounds: number;
  /** No node is lost for good. */
  readonly isShort: boolean;
}

const seedFile = new URL('seeds.txt', import.meta.url);
const failures = new URL('../../.cache/etcd-rounds/', import.meta.url);

/** Those whose cause is known, and those that failed here. */
export function keptSeries(): readonly Series[] {
  const files = [seedFile, new URL('seeds.txt', failures)].filter((file) => existsSync(file));
  const lines = files.flatMap((file) => parseSeries(readFileSync(file, 'utf8')));
  return [...new Map(lines.map((series) => [JSON.stringify(series), series])).values()];
}

export function keep({ seed, rounds, isShort }: Series): void {
  mkdirSync(failures, { recursive: true });
  appendFileSync(new URL('seeds.txt', failures), `${seed} ${rounds}${isShort ? ' short' : ''}\n`);
}

/** A line of them is `SEED ROUNDS`, and perhaps `short`; what stands behind a `#` is for people. */
export function parseSeries(text: string): readonly Series[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim());
  return lines.filter(Boolean).map((line) => {
    const [seed, rounds, word] = line.split(/\s+/);
    return { seed: Number(seed), rounds: Number(rounds), isShort: word === 'short' };
  });
}
