import test from 'ava';
import { createClock } from '#lib/clock.ts';
import { exec } from '#lib/exec.ts';
import { type LiveContainerd, startContainerd, testImage } from './live.ts';
import { containerConfig, criSuite, sandboxConfig } from './suite.ts';

const clock = createClock();
let live: LiveContainerd;
test.before(async () => {
  live = await startContainerd(clock);
});
test.after.always(() => live?.stop());

criSuite(test.serial, 'containerd', async () => ({
  cri: live.cri,
  image: testImage,
  tells: live.tells,
  async waitForExit(id) {
    const signal = AbortSignal.timeout(20_000);
    const { runtime } = live.cri;
    await runtime.execSync(id, ['touch', '/tmp/end'], 20, signal).catch(() => {}); // it may end before this is answered
    while ((await runtime.containerStatus(id, signal)).state !== 'exited') await clock.sleep(20, signal);
  },
}));

test.serial('removeContainer() ends a process that containerd made and lost sight of', async (t) => {
  const { runtime } = live.cri;
  const signal = AbortSignal.timeout(30_000);
  const sandbox = sandboxConfig('lost');
  const sandboxId = await runtime.runSandbox(sandbox, '', signal);
  const config = containerConfig('lost', testImage, 'for i in $(seq 500); do sleep 1000 & done; wait');
  const id = await runtime.createContainer(sandboxId, config, sandbox, signal);
  const address = live.endpoint.replace('unix://', '');
  const start = ['ctr', '--address', address, '-n', 'k8s.io', 'tasks', 'start', '--detach', '--null-io', id];
  await exec('nsenter', ['--target', String(live.pid), '--mount', '--net', '--uts', ...start], signal);
  t.is((await runtime.containerStatus(id, signal)).state, 'created'); // CRI knows nothing of it
  await runtime.removeContainer(id, signal);
  t.deepEqual(await runtime.listContainers({ id }, signal), []);
  await runtime.stopSandbox(sandboxId, signal);
  await runtime.removeSandbox(sandboxId, signal);
});

test.serial('openCri() finds a containerd again that was away, and says so meanwhile', async (t) => {
  const { openCri } = await import('./containerd.ts');
  const away = await openCri(`unix://${live.directory}/nobody.sock`, clock);
  const error = await t.throwsAsync(away.runtime.version(AbortSignal.timeout(5000)), { message: /Unavailable/ });
  t.is((error as { reason?: string }).reason, 'ServiceUnavailable');
  away.close();
});
