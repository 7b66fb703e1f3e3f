import test from 'ava';
import type { Exec } from '#lib/exec.ts';
import { createSilentLog } from '#lib/log.ts';
import { ObjectSet } from '../object-set.ts';
import { createObjectApplier } from './apply.ts';

const { signal } = new AbortController();

test('createObjectApplier() reads again what went while it read', async (t) => {
  let isThere = false;
  let isToGo = false;
  let reads = 0;
  const exec: Exec = async (_file, args) => {
    if (args[0] === '-f') isThere = true;
    if (args[0] !== '-j') return { stdout: '', stderr: '', exitCode: 0 };
    reads++;
    const elem = isThere ? ['10.96.1.1'] : [];
    const stdout = JSON.stringify({ nftables: [{ set: { name: 'cluster-ips', elem } }] });
    if (isToGo) {
      isThere = false;
      applier.forget();
      isToGo = false;
    }
    return { stdout, stderr: '', exitCode: 0 };
  };
  const applier = createObjectApplier({ family: 4, exec, log: createSilentLog() });
  const wanted = new ObjectSet();
  wanted.put(
    'web',
    new Map([
      ['element cluster-ips 10.96.1.1', ''],
      ['set cluster-ips', ''],
    ]),
  );
  await applier.apply(wanted, signal);
  t.true(isThere);

  applier.forget();
  isToGo = true;
  t.is(await applier.apply(wanted, signal), 0);
  t.false(isThere);
  await applier.apply(wanted, signal);
  t.true(isThere);
  t.is(reads, 3);
});
