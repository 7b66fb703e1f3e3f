import type { Backend, BackendOptions } from '../backend.ts';
import { createApplier } from '../iptables/apply.ts';
import { Ruleset } from '../iptables/ruleset.ts';
import { ObjectSet } from '../object-set.ts';
import { planIpvsBase, planIpvsJumps } from './base.ts';
import { planChanges } from './changes.ts';
import { compare, type Differences } from './compare.ts';
import { apply, listAddresses, prepare, readKernel } from './kernel.ts';
import { serversFile } from './listed.ts';
import { planServers } from './plan.ts';
import { type Change, renderChanges, serverWords } from './render.ts';

export function createIpvsBackend(options: BackendOptions): Backend {
  const { family, exec, log, nodePortIps } = options;
  const ruleset = new Ruleset();
  const isWanted = (id: string): boolean => objects.textOf(id) !== undefined;
  const rules = createApplier({ ...options, jumps: planIpvsJumps(family) });
  const objects = new ObjectSet();
  let there: Map<string, string> | undefined;
  let isForgotten = false;
  const looks = new Set<Set<string>>(); // under way, each with what has changed since it began
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
    for (const touched of looks) for (const { id } of changes) touched.add(id);
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

  /** Changes do not wait for it, as it takes long where servers are many; what has changed meanwhile is not judged. */
  async function lookWhole(signal: AbortSignal): Promise<boolean> {
    const touched = new Set<string>();
    await inTurn(async () => void looks.add(touched)); // from between two changes on
    try {
      const known = there;
      if (known !== undefined) {
        const [{ stdout: listed }, addresses] = await Promise.all([
          exec('cat', [serversFile], signal, { timeoutMs: 120_000 }),
          listAddresses(exec, signal),
        ]);
        const differences = await compare(known, { listed, addresses }, family);
        const isOther = () => there === known && isOtherwise(differences, touched, known, signal);
        if (await inTurn(async () => isOther())) return true;
      }
    } finally {
      looks.delete(touched);
    }
    return rules.isDamaged(signal);
  }

  /** Whether something has gone that no change of ours has touched. Takes away real servers that have run dry. */
  async function isOtherwise(
    { missing, dry }: Differences,
    touched: ReadonlySet<string>,
    known: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<boolean> {
    // Where virtual servers come and go while the kernel lists them, it may leave others out.
    const isWhole = [...touched].every((id) => !id.startsWith('server '));
    if (missing.some((id) => !touched.has(id) && (isWhole || id.startsWith('address ')))) return true;
    const gone = dry.filter((id) => !touched.has(id) && known.has(id));
    try {
      await change(
        gone.map((id) => ({ id, text: undefined, isThere: true })),
        signal,
      );
    } catch (error) {
      if (signal.aborted) throw error;
      return true; // what is there is not what we know
    }
    return false;
  }

  /** Any one of them: who clears the table takes all. */
  function firstServer(): string | undefined {
    for (const id of objects.ids()) if (id.startsWith('server ')) return id;
    return undefined;
  }

  async function lookShort(signal: AbortSignal): Promise<boolean> {
    return (await inTurn(() => isFirstGone(signal))) || (await rules.isDamaged(signal));
  }

  async function isFirstGone(signal: AbortSignal): Promise<boolean> {
    const first = firstServer();
    if (first === undefined || !there?.has(first)) return false;
    const words = ['--list', '--numeric', ...serverWords(first)];
    return (await exec('ipvsadm', words, signal, { okCodes: [0, 1, 2, 255] })).exitCode !== 0;
  }

  return {
    setBase: (facts) => ruleset.setBase(planIpvsBase(facts)),
    put: (key, plans) =>
      objects.put(key, plans.length === 0 ? undefined : planServers(plans, { ...options, nodePortIps })),
    apply: (signal) => inTurn(() => applyAll(signal)),
    isDamaged: (look, signal) => (look === 'short' ? lookShort(signal) : lookWhole(signal)),
    forget() {
      isForgotten = true;
      there = undefined;
      rules.forget();
    },
  };
}
