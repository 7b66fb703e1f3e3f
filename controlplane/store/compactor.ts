import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Store } from './store.ts';

export interface CompactorOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** How long changes are kept at least; 5 minutes if absent, as upstream keeps them. */
  readonly keepMs?: number;
  /** How many changes are kept at most, however young; a watch that needs older ones starts with a list. */
  readonly keepRevisions?: number;
}

/** Compacts until `signal` is aborted, so that history is bounded in time and number. */
export async function runCompactor(options: CompactorOptions, signal: AbortSignal): Promise<void> {
  const { store, clock, log, keepMs = 300_000, keepRevisions = 100_000 } = options;
  const marks: { readonly atMs: number; readonly revision: number }[] = []; // bounded by keepMs / everyMs
  while (!signal.aborted) {
    try {
      const revision = await store.currentRevision(signal);
      marks.push({ atMs: clock.now(), revision });
      let upTo = revision - keepRevisions;
      while (marks[0] !== undefined && marks[0].atMs <= clock.now() - keepMs)
        upTo = Math.max(upTo, marks.shift()!.revision);
      // History is what can be spared first where room runs out.
      if ((store.fullness?.() ?? 0) > spareFrom) upTo = revision;
      if (upTo > 0) await store.compact(upTo, signal);
    } catch (error) {
      if (!signal.aborted) log.warn('Could not compact the store', { err: error });
    }
    await clock.sleep(everyMs, signal).catch(() => {}); // only the end of the server aborts it
  }
}
const everyMs = 30_000;
const spareFrom = 0.8;
