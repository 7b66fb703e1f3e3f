import type { Exec } from '#lib/exec.ts';
import type { Family } from '#lib/ip.ts';
import type { Log } from '#lib/log.ts';
import type { ObjectSet } from '../object-set.ts';
import { tableName } from './base.ts';
import { nft } from './program.ts';
import { type ObjectChange, renderObjects } from './render.ts';

export interface ObjectApplier {
  /**
   * Makes the kernel's table as `wanted`, in one transaction, and returns how many objects that changed: none, no call.
   * The first time, and after a failure or `forget`, the whole table is made anew. (Connections live on; who was kept with a
   * target by affinity is spread anew.)
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
}): ObjectApplier {
  const { family, exec, log } = options;
  const table = `${family === 4 ? 'ip' : 'ip6'} ${tableName}`;
  let there: Map<string, string> | undefined;

  function plan(wanted: ObjectSet): readonly ObjectChange[] {
    const dirty = wanted.takeDirty();
    const ids = there === undefined ? wanted.ids() : dirty;
    return [...ids].flatMap((id) => {
      const text = wanted.textOf(id);
      const known = there?.get(id);
      return text === known ? [] : { id, text, isThere: known !== undefined };
    });
  }

  return {
    async apply(wanted, signal) {
      const changes = plan(wanted);
      const isWhole = there === undefined;
      const input = renderObjects(changes, family, isWhole);
      if (input === '') return 0;
      log.debug('Planned table', { changes: changes.length, bytes: input.length });
      try {
        await exec(nft, ['-f', '-'], signal, { input, timeoutMs: 120_000 });
      } catch (error) {
        there = undefined;
        throw error;
      }
      there ??= new Map();
      for (const { id, text } of changes) {
        if (text === undefined) there.delete(id);
        else there.set(id, text);
      }
      return changes.length;
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
      there = undefined;
    },
  };
}
