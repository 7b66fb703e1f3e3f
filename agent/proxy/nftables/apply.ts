import type { Exec } from '#lib/exec.ts';
import type { Family } from '#lib/ip.ts';
import type { Log } from '#lib/log.ts';
import type { ObjectSet } from '../object-set.ts';
import type { Losses } from '../own-losses.ts';
import { tableName } from './base.ts';
import { lossesOf } from './losses.ts';
import { observeTable } from './observe.ts';
import { nft } from './program.ts';
import { recognise } from './recognise.ts';
import { type ObjectChange, renderObjects } from './render.ts';

export interface ObjectApplier {
  /**
   * Makes the kernel's table as `wanted`, in one transaction, and returns how many objects that changed: none, no call.
   * The first time, and after `forget`, it reads what is there first. After a failure the whole table is made anew. (Connections
   * live on; who was kept with a target by affinity is spread anew.)
   */
  apply(wanted: ObjectSet, signal: AbortSignal): Promise<number>;
  /** Whether the table or its ways in are gone. */
  isDamaged(signal: AbortSignal): Promise<boolean>;
  forget(): void;
}

export function createObjectApplier(options: {
  readonly family: Family;
  readonly exec: Exec;
  readonly log: Log;
  /** Told what the kernel is about to lose by us. */
  readonly expectLosses?: ((losses: Losses) => void) | undefined;
}): ObjectApplier {
  const { family, exec, log, expectLosses } = options;
  const table = `${family === 4 ? 'ip' : 'ip6'} ${tableName}`;
  let there: Map<string, string> | undefined;
  let mayRead = true;
  let isForgotten = false;

  /** What is there of what is wanted, by the texts that are wanted where they are the same; undefined: no table that can be kept. */
  async function read(wanted: ObjectSet, signal: AbortSignal): Promise<Map<string, string> | undefined> {
    const words = ['-j', 'list', 'table', ...table.split(' ')];
    const { stdout, exitCode } = await exec(nft, words, signal, { okCodes: [0, 1], timeoutMs: 120_000 });
    return exitCode === 0 ? recognise(observeTable(stdout), wanted) : undefined;
  }

  async function plan(wanted: ObjectSet, signal: AbortSignal): Promise<readonly ObjectChange[]> {
    const dirty = wanted.takeDirty();
    let ids: Iterable<string> = dirty;
    if (there === undefined) {
      there = mayRead ? await read(wanted, signal) : undefined;
      ids = new Set([...wanted.ids(), ...(there?.keys() ?? [])]);
    }
    return [...ids].flatMap((id) => {
      const text = wanted.textOf(id);
      const known = there?.get(id);
      return text === known ? [] : { id, text, isThere: known !== undefined };
    });
  }

  return {
    async apply(wanted, signal) {
      isForgotten = false;
      try {
        const changes = await plan(wanted, signal);
        const isWhole = there === undefined;
        const input = renderObjects(changes, family, isWhole);
        if (input === '') return 0;
        log.debug('Planned table', { changes: changes.length, bytes: input.length });
        const known = there ?? new Map<string, string>();
        expectLosses?.(lossesOf(changes, known, family, isWhole));
        await exec(nft, ['-f', '-'], signal, { input, timeoutMs: 120_000 });
        there = known;
        for (const { id, text } of changes) {
          if (text === undefined) known.delete(id);
          else known.set(id, text);
        }
        mayRead = true;
        return changes.length;
      } catch (error) {
        there = undefined;
        mayRead = false;
        throw error;
      } finally {
        if (isForgotten) there = undefined; // in the meantime, also while it was read: read next time
      }
    },
    async isDamaged(signal) {
      for (const chain of ['nat-prerouting', 'nat-output', 'services']) {
        const words = ['-t', 'list', 'chain', ...table.split(' '), chain];
        const { stdout, exitCode } = await exec(nft, words, signal, { okCodes: [0, 1] });
        if (exitCode !== 0 || !/services|vmap/.test(stdout.split('\n').slice(2).join('\n'))) return true;
      }
      return false;
    },
    forget: () => {
      isForgotten = true;
      there = undefined;
    },
  };
}
