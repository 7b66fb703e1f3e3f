import type { Backend, BackendOptions } from '../backend.ts';
import { createApplier } from '../iptables/apply.ts';
import { Ruleset } from '../iptables/ruleset.ts';
import { ObjectSet } from '../object-set.ts';
import { planIpvsBase, planIpvsJumps } from './base.ts';
import { areListed, planChanges, planDrained } from './changes.ts';
import { apply, listAddresses, prepare, readKernel } from './kernel.ts';
import { planServers } from './plan.ts';
import { type Change, renderChanges, serverWords } from './render.ts';

export function createIpvsBackend(options: BackendOptions): Backend {
  const { family, exec, log, nodePortIps } = options;
  const ruleset = new Ruleset();
  const isWanted = (id: string): boolean => objects.textOf(id) !== undefined;
  const rules = createApplier({ ...options, jumps: planIpvsJumps() });
  const objects = new ObjectSet();
  let there: Map<string, string> | undefined;
  let isForgotten = false;
  let turn: Promise<unknown> = Promise.resolve();

  /** One at a time: a real server that has run dry must not go while it is wanted again. */
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const mine = turn.then(act);
    turn = mine.catch(() => {});
    return mine;
  }

  async function change(changes: readonly Change[], signal: AbortSignal): Promise<void> {
    if (changes.length === 0) return;
    log.debug('Planned virtual servers', { changes: changes.length });
    await apply(renderChanges(changes, family), exec, signal);
    for (const { id, text } of changes) {
      if (text === undefined) there?.delete(id);
      else there?.set(id, text);
    }
  }

  async function plan(signal: AbortSignal): Promise<readonly Change[]> {
    const dirty = objects.takeDirty();
    const wanted = (id: string) => objects.textOf(id);
    if (there !== undefined) return planChanges(dirty, wanted, there);
    await prepare(family, exec, signal);
    there = await readKernel(family, exec, signal, isWanted);
    return planChanges(new Set([...objects.ids(), ...there.keys()]), wanted, there);
  }

  async function applyAll(signal: AbortSignal): Promise<number> {
    isForgotten = false;
    try {
      const changes = await plan(signal);
      const ruleChanges = await rules.apply(ruleset, signal); // they match sets, which stand by now
      await change(changes, signal);
      return changes.length + ruleChanges;
    } catch (error) {
      there = undefined;
      throw error;
    } finally {
      if (isForgotten) there = undefined; // in the meantime, also while it was read: read next time
    }
  }

  async function lookWhole(signal: AbortSignal): Promise<boolean> {
    if (there !== undefined) {
      const { stdout } = await exec('ipvsadm', ['--list', '--numeric'], signal, { timeoutMs: 120_000 });
      try {
        await change(planDrained(there, stdout), signal);
      } catch (error) {
        if (signal.aborted) throw error;
        return true; // what is there is not what we know
      }
      if (!areListed(there, stdout)) return true;
      const addresses = new Set(await listAddresses(exec, signal));
      if ([...there.keys()].some((id) => id.startsWith('address ') && !addresses.has(id.slice(8)))) return true;
    }
    return rules.isDamaged('whole', signal);
  }

  /** Any one of them: who clears the table takes all. */
  function firstServer(): string | undefined {
    for (const id of objects.ids()) if (id.startsWith('server ')) return id;
    return undefined;
  }

  async function lookShort(signal: AbortSignal): Promise<boolean> {
    const first = firstServer();
    if (there !== undefined && first !== undefined && there.has(first)) {
      const words = ['--list', '--numeric', ...serverWords(first)];
      const { exitCode } = await exec('ipvsadm', words, signal, { okCodes: [0, 1, 2, 255] });
      if (exitCode !== 0) return true;
    }
    return rules.isDamaged('short', signal);
  }

  return {
    setBase: (facts) => ruleset.setBase(planIpvsBase(facts)),
    put: (key, plans) =>
      objects.put(key, plans.length === 0 ? undefined : planServers(plans, { ...options, nodePortIps })),
    apply: (signal) => inTurn(() => applyAll(signal)),
    isDamaged: (look, signal) => inTurn(() => (look === 'short' ? lookShort(signal) : lookWhole(signal))),
    forget() {
      isForgotten = true;
      there = undefined;
      rules.forget();
    },
  };
}
