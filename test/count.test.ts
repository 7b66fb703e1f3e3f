import test from 'ava';
import { countResults } from './count.ts';

test('countResults() counts passes and failures', (t) => {
  const text = '  ✔ a › one\n  ✘ [fail]: b › two It broke\n  ✔ [expected fail] c\n\n  1 test failed\n';
  t.deepEqual(countResults(text, 1), { passed: 1, failed: 1 });
});

test('countResults() counts exceptions and tests that never ended', (t) => {
  const text = '  ✔ one\n\n  1 uncaught exception\n  2 tests remained pending after a timeout\n';
  t.deepEqual(countResults(text, 1), { passed: 1, failed: 3 });
});

test('countResults() never calls a run good that ended badly', (t) => {
  t.deepEqual(countResults('', 1), { passed: 0, failed: 1 });
});
