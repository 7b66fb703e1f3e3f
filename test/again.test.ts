import test from 'ava';
import { failedFiles } from './again.ts';

const files = ['agent/network.live.test.ts', 'test/live/pods.live.test.ts', 'test/live/jobs.live.test.ts'];

test('failedFiles() names each file once, whatever ava leaves out of its path', (t) => {
  const text = '  ✘ [fail]: live › pods.live › a › b It broke\n  ✘ [fail]: pods.live › c\n  ✔ live › jobs.live › d\n';
  t.deepEqual(failedFiles(text, 2, files), ['test/live/pods.live.test.ts']);
});

test('failedFiles() knows nothing of what hung, ended, or stands in no file', (t) => {
  t.is(failedFiles('  ✔ live › pods.live › a\n', 1, files), undefined);
  t.is(failedFiles('  ✘ [fail]: live › pods.live › a\n', 2, files), undefined);
  t.is(failedFiles('  ✘ [fail]: live › other.live › a\n', 1, files), undefined);
});

test('failedFiles() knows the only file there is', (t) => {
  t.deepEqual(failedFiles('  ✘ [fail]: a › b\n', 1, files.slice(0, 1)), files.slice(0, 1));
});

test('failedFiles() takes no file for another of the same name', (t) => {
  const twins = ['a/x.live.test.ts', 'b/x.live.test.ts'];
  t.is(failedFiles('  ✘ [fail]: x.live › a\n', 1, twins), undefined);
  t.deepEqual(failedFiles('  ✘ [fail]: b › x.live › a\n', 1, twins), ['b/x.live.test.ts']);
});
