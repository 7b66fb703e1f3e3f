import type { Exec } from '#lib/exec.ts';
import type { Family } from '#lib/ip.ts';
import type { Log } from '#lib/log.ts';
import type { Losses } from '../own-losses.ts';
import { type Change, changesOf, jumpChanges } from './changes.ts';
import { planLook } from './look.ts';
import { lossesOf } from './losses.ts';
import { observe } from './observe.ts';
import { render } from './render.ts';
import { type ChainId, type Jump, type Rule, tables } from './rules.ts';
import type { Ruleset } from './ruleset.ts';

export interface Applier {
  /**
   * Makes the kernel's rules as `ruleset` wants them, and returns how many changes that took: none, no call.
   * The first time, and after a failure or `forget`, it reads what is there first.
   */
  apply(ruleset: Ruleset, signal: AbortSignal): Promise<number>;
  /** Whether rules that should be there have gone: somebody else flushed them. Cheap however many there are. */
  isDamaged(signal: AbortSignal): Promise<boolean>;
  /** Takes nothing for granted next time. */
  forget(): void;
}

export interface ApplierOptions {
  readonly family: Family;
  readonly jumps: readonly Jump[];
  readonly exec: Exec;
  readonly log: Log;
  /** Told what the kernel is about to lose by us. */
  readonly expectLosses?: ((losses: Losses) => void) | undefined;
}

export function createApplier({ family, jumps, exec, log, expectLosses }: ApplierOptions): Applier {
  const program = family === 4 ? 'iptables' : 'ip6tables';
  const look = planLook(jumps);
  let there: Map<ChainId, readonly Rule[]> | undefined;
  let isForgotten = false;
  let chainsPerCommit: number | undefined;

  async function variant(signal: AbortSignal): Promise<number> {
    const { stdout } = await exec(program, ['--version'], signal);
    return stdout.includes('nf_tables') ? 400 : Number.POSITIVE_INFINITY;
  }

  async function plan(ruleset: Ruleset, signal: AbortSignal): Promise<readonly Change[]> {
    const dirty = ruleset.takeDirty();
    if (there !== undefined) return changesOf(dirty, ruleset, there);
    const observed = await read(program, new Set(ruleset.ids()), exec, signal);
    there = new Map(observed.chains);
    const ids = new Set([...ruleset.ids(), ...there.keys()]);
    return [...changesOf(ids, ruleset, there), ...jumpChanges(jumps, observed.jumps)];
  }

  return {
    async apply(ruleset, signal) {
      isForgotten = false;
      try {
        chainsPerCommit ??= await variant(signal);
        const changes = await plan(ruleset, signal);
        const input = render(changes, chainsPerCommit);
        if (input === '') return 0;
        log.debug('Planned rules', { changes: changes.length, bytes: input.length });
        if (there !== undefined) expectLosses?.(lossesOf(changes, there, family));
        await exec(`${program}-restore`, ['--noflush', '-w', '5'], signal, { input, timeoutMs: 120_000 });
        if (there !== undefined) remember(there, changes);
        return changes.length;
      } catch (error) {
        there = undefined;
        throw error;
      } finally {
        if (isForgotten) there = undefined; // in the meantime, also while it was read: read next time
      }
    },
    async isDamaged(signal) {
      const options = { input: look.input, okCodes: [0, 1] };
      const { exitCode, stdout } = await exec(`${program}-restore`, ['--noflush', '-w', '5'], signal, options);
      return exitCode !== 0 || !look.isAllIn(stdout);
    },
    forget: () => {
      isForgotten = true;
      there = undefined;
    },
  };
}

export async function read(program: string, ours: ReadonlySet<ChainId>, exec: Exec, signal: AbortSignal) {
  const texts: string[] = [];
  for (const table of tables) {
    texts.push((await exec(`${program}-save`, ['-t', table], signal, { timeoutMs: 120_000 })).stdout);
  }
  return observe(texts.join(''), ours);
}

function remember(there: Map<ChainId, readonly Rule[]>, changes: readonly Change[]): void {
  for (const change of changes) {
    if (change.do === 'delete') there.delete(change.id);
    else if (change.do === 'write' || change.do === 'edit') there.set(change.id, change.rules);
  }
}
