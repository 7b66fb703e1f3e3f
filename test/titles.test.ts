import test from 'ava';
import { missingTitles, passedTitles } from './titles.ts';

const text = `
  ✔ a.live › [sig-node] Pods should run [Conformance] (1m 2.4s)
  ✔ test › b.live › [sig-apps] Jobs should end (1h) or so (530ms)
  ✔ [sig-apps] Jobs should wait (91d)
  ✘ [fail]: a.live › [sig-node] Pods should stop [Conformance] Rejected promise returned by test

  3 tests passed
`;

test('passedTitles() leaves out files, times and what failed', (t) => {
  t.deepEqual(passedTitles(text), [
    '[sig-node] Pods should run [Conformance]',
    '[sig-apps] Jobs should end (1h) or so',
    '[sig-apps] Jobs should wait (91d)',
  ]);
});

test('missingTitles() names what neither passed nor failed', (t) => {
  const titles = [...passedTitles(text), '[sig-node] Pods should stop [Conformance]', '[sig-node] Pods should'];
  t.deepEqual(missingTitles(titles, text), ['[sig-node] Pods should']);
});
