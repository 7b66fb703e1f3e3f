import test from 'ava';
import type { Exec } from '#lib/exec.ts';
import { createSilentLog } from '#lib/log.ts';
import { createApplier } from './apply.ts';
import { Ruleset } from './ruleset.ts';

const { signal } = new AbortController();

/** A kernel whose one chain has the rules `filter`; `onRead` is called while they are read. */
function createKernel(onRead: () => void) {
  let rules = '';
  let reads = 0;
  const result = (stdout = '') => ({ stdout, stderr: '', exitCode: 0 });
  const exec: Exec = async (file, args, _signal, { input = '' } = {}) => {
    if (file === 'iptables-restore') rules = input.replace('COMMIT\n', '');
    if (file !== 'iptables-save' || args[1] !== 'nat') return result();
    reads++;
    const saved = rules;
    onRead();
    return result(saved);
  };
  return { exec, reads: () => reads, rules: () => rules, flush: () => (rules = '') };
}

test('createApplier() reads again what went while it read', async (t) => {
  let isToGo = false;
  const kernel = createKernel(() => {
    if (!isToGo) return;
    kernel.flush();
    applier.forget();
    isToGo = false;
  });
  const applier = createApplier({ family: 4, jumps: [], exec: kernel.exec, log: createSilentLog() });
  const ruleset = new Ruleset();
  ruleset.setBase(new Map([['nat KUBE-SERVICES', ['-j ACCEPT']]]));
  await applier.apply(ruleset, signal);
  const before = kernel.rules();
  t.regex(before, /-A KUBE-SERVICES -j ACCEPT/);

  applier.forget();
  isToGo = true;
  await applier.apply(ruleset, signal);
  t.is(kernel.rules(), '');
  await applier.apply(ruleset, signal);
  t.is(kernel.rules(), before);
  t.is(kernel.reads(), 3);
});

test('createApplier() tells what it is about to take, and only that', async (t) => {
  const losses: unknown[] = [];
  const kernel = createKernel(() => {});
  const applier = createApplier({
    family: 4,
    jumps: [],
    exec: kernel.exec,
    log: createSilentLog(),
    expectLosses: (some) => losses.push(Object.fromEntries(some)),
  });
  const ruleset = new Ruleset();
  ruleset.setBase(new Map([['nat KUBE-SERVICES', ['-j ACCEPT']]]));
  await applier.apply(ruleset, signal);
  ruleset.setBase(new Map([['nat KUBE-SERVICES', ['-j DROP']]]));
  await applier.apply(ruleset, signal);
  t.deepEqual(losses, [{}, { 'ip nat KUBE-SERVICES': 1 }]);
});
