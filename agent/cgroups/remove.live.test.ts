import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, writeFileSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import test from 'ava';
import { exec } from '#lib/exec.ts';
import { createSilentLog } from '#lib/log.ts';
import { examplePod } from '../pods/example.ts';
import { createCgroups } from './cgroups.ts';

test("remove() kills who is left in an ended pod's cgroup, so that it can be removed", async (t) => {
  const { signal } = new AbortController();
  const root = `/skiff-remove-${process.pid}`;
  const folders = () => globSync(`/sys/fs/cgroup{,/*}${root}/**/`).sort((a, b) => b.length - a.length);
  t.teardown(async () => {
    for (const folder of folders()) await rmdir(folder);
  });
  const cgroups = await createCgroups({ driver: 'cgroupfs', root, exec, log: createSilentLog() }, signal);
  const pod = examplePod({});
  await cgroups.make(pod, signal);
  const left = spawn('sleep', ['1000']);
  const ended = once(left, 'exit');
  t.teardown(async () => {
    left.kill('SIGKILL'); // else the folders stay: this runs before they are removed
    await ended;
  });
  const own = folders().filter((folder) => folder.includes(`pod${pod.metadata.uid}`));
  t.true(own.length > 0);
  for (const folder of own) writeFileSync(`${folder}/cgroup.procs`, String(left.pid));
  await t.throwsAsync(cgroups.remove(pod.metadata.uid!, signal), { code: 'EBUSY' });
  t.deepEqual(await ended, [null, 'SIGKILL']);
  await cgroups.remove(pod.metadata.uid!, signal);
  t.deepEqual(own.filter(existsSync), []);
});
