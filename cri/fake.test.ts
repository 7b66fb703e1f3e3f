import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createFakeCri } from './fake.ts';
import { criSuite } from './suite.ts';

criSuite(test, 'fake', async () => {
  const clock = createFakeClock();
  const cri = (fake ??= createFakeCri(clock));
  cri.addImage('skiff.test/busybox:1');
  return { cri, image: 'skiff.test/busybox:1', tells: [], waitForExit: async (id) => cri.exit(id, 7) };
});
let fake: ReturnType<typeof createFakeCri> | undefined;
