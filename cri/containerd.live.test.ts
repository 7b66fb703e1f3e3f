import test from 'ava';
import { createClock } from '#lib/clock.ts';
import { type LiveContainerd, startContainerd, testImage } from './live.ts';
import { criSuite } from './suite.ts';

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
    while ((await live.cri.runtime.containerStatus(id, signal)).state !== 'exited') await clock.sleep(20, signal);
  },
}));

test.serial('openCri() finds a containerd again that was away, and says so meanwhile', async (t) => {
  const { openCri } = await import('./containerd.ts');
  const away = await openCri(`unix://${live.directory}/nobody.sock`, clock);
  const error = await t.throwsAsync(away.runtime.version(AbortSignal.timeout(5000)), { message: /Unavailable/ });
  t.is((error as { reason?: string }).reason, 'ServiceUnavailable');
  away.close();
});
