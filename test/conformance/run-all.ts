import type { Result } from './result.ts';
import { scheduleOf } from './spec.ts';

export interface RunAllOptions {
  readonly names: readonly string[];
  /** How many specs run side by side; serial ones run alone, after them. */
  readonly workers: number;
  /** Whether what failed is run once more, alone. */
  readonly again: boolean;
  run(name: string, signal: AbortSignal): Promise<Result>;
  /** Hears of each result as it comes, with its number; a second one for what is run again. */
  onResult(result: Result, number: number): void;
  say(line: string): void;
}

export interface Outcome {
  /** One for each spec that ran to its end: once `signal` is aborted the rest is left out. */
  readonly results: readonly Result[];
  /** Specs that failed beside others and passed alone. */
  readonly flakes: readonly string[];
}

/** Runs each spec, and what failed at most once more. */
export async function runAll(options: RunAllOptions, signal: AbortSignal): Promise<Outcome> {
  const { names, workers, again, run, onResult, say } = options;
  const results = new Map<string, Result>();
  let count = 0;

  async function one(name: string): Promise<void> {
    if (signal.aborted) return;
    const result = await run(name, signal);
    if (signal.aborted) return; // it was cut off: that says nothing of the spec
    results.set(name, result);
    onResult(result, ++count);
  }

  const { parallel, serial } = scheduleOf(names);
  say(`${names.length} specs: ${parallel.length} side by side, ${serial.length} alone`);
  const queue = [...parallel];
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await one(name);
  };
  await Promise.all(Array.from({ length: workers }, worker));
  for (const name of serial) await one(name);

  const failed = again ? [...results.values()].filter(({ outcome }) => outcome !== 'pass') : [];
  for (const { name } of failed) {
    if (!signal.aborted) say(`once more, alone: ${name}`);
    await one(name);
  }
  const flakes = failed.map(({ name }) => name).filter((name) => results.get(name)?.outcome === 'pass');
  return { results: [...results.values()], flakes };
}
