import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import test from 'ava';
import { type LiveContainerd, startContainerd } from '#cri/live.ts';
import { sandboxConfig } from '#cri/suite.ts';
import { createClock, createFakeClock } from '#lib/clock.ts';
import { exec } from '#lib/exec.ts';
import { createSilentLog } from '#lib/log.ts';
import { sweepShims } from './sweep-shims.ts';

let live: LiveContainerd;
test.before(async () => {
  live = await startContainerd(createClock());
});
test.after.always(() => live?.stop());

async function pidsOf(id: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const words = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (/containerd-shim/.test(words.split('\0')[0] ?? '') && words.includes(`\0${id}\0`)) found.push(Number(name));
  }
  return found;
}

test('sweepShims() ends a shim that containerd does not know, and no other', async (t) => {
  const { signal } = new AbortController();
  const { runtime } = live.cri;
  const sandboxId = await runtime.runSandbox(sandboxConfig('shims'), '', signal);
  const orphan = `orphan${process.pid}`;
  t.teardown(async () => {
    for (const pid of await pidsOf(orphan)) process.kill(pid, 'SIGKILL');
  });
  const bundle = `${live.directory}/state/io.containerd.runtime.v2.task/k8s.io/${orphan}`;
  await mkdir(bundle, { recursive: true });
  await writeFile(`${bundle}/config.json`, JSON.stringify({ ociVersion: '1.0.2', annotations: {} }));
  const address = live.endpoint.replace('unix://', '');
  const inside = ['--target', String(live.pid), '--mount', '--net', '--uts', 'sh', '-c'];
  const start = `containerd-shim-runc-v2 -namespace k8s.io -address ${address} -id ${orphan} -publish-binary containerd start`;
  // A shim that nobody listens to does not start: what sleeps holds its log open.
  const log = 'mkfifo log\nexec 3<>log\nsleep 20 >/dev/null 2>&1 &';
  await exec(
    'nsenter',
    [...inside, `set -e\ncd ${bundle}\n${log}\nTTRPC_ADDRESS=${address}.ttrpc ${start} 3<&-`],
    signal,
  );
  t.is((await pidsOf(orphan)).length, 1);
  const own = await pidsOf(sandboxId);
  t.is(own.length, 1);

  const clock = createFakeClock();
  const life = new AbortController();
  const options = { runtime, known: () => new Set<string>(), runtimeEndpoint: live.endpoint, pid: live.pid };
  const sweeping = sweepShims({ ...options, clock, log: createSilentLog() }, life.signal);
  for (let tries = 0; tries < 50 && (await pidsOf(orphan)).length > 0; tries++) {
    await clock.advance(45_000);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  t.deepEqual(await pidsOf(orphan), []);
  t.deepEqual(await pidsOf(sandboxId), own);
  t.true(existsSync(`/proc/${own[0]}`));
  life.abort();
  await sweeping;
  await runtime.stopSandbox(sandboxId, signal);
  await runtime.removeSandbox(sandboxId, signal);
});
