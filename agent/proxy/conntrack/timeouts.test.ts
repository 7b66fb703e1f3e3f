import test from 'ava';
import type { Exec } from '#lib/exec.ts';
import { setConntrack } from './timeouts.ts';

test('setConntrack() changes what differs, lowers no limit, and leaves out what the kernel has not', async (t) => {
  const values = new Map([
    ['/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established', '432000'],
    ['/proc/sys/net/nf_conntrack_max', '262144'],
  ]);
  let writes = 0;
  const exec = (async (file: string, [path]: readonly string[], _signal: AbortSignal, options: { input?: string }) => {
    if (file === 'tee') {
      writes++;
      values.set(path!, options.input!.trim());
    }
    return { stdout: values.get(path!) ?? '', stderr: '', exitCode: values.has(path!) ? 0 : 1 };
  }) as unknown as Exec;
  const { signal } = new AbortController();
  for (let times = 0; times < 2; times++) await setConntrack(2, exec, signal);
  t.is(values.get('/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established'), '86400');
  t.is(values.get('/proc/sys/net/nf_conntrack_max'), '262144');
  t.is(writes, 1);
  await setConntrack(64, exec, signal);
  t.is(values.get('/proc/sys/net/nf_conntrack_max'), `${64 * 32_768}`);
});
