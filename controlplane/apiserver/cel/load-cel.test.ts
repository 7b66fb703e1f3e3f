import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import { createLoadCel } from './load-cel.ts';

test('createLoadCel() counts what is compiled and what is evaluated, failures too', async (t) => {
  const metrics = createMetrics();
  let ms = 0;
  const compile = await createLoadCel(metrics, () => (ms += 10))();
  const double = compile('self * 2', ['self']);
  t.is(double.evaluate({ self: 2n }), 4n);
  t.throws(() => double.evaluate({ self: 'a' }));
  t.throws(() => compile('self *', ['self']));
  t.is(typeof double.estimate, 'function');
  const text = metrics.render();
  t.regex(text, /^apiserver_cel_compilation_duration_seconds_count 2$/m);
  t.regex(text, /^apiserver_cel_compilation_duration_seconds_bucket\{le="0.01"\} 2$/m);
  t.regex(text, /^apiserver_cel_evaluation_duration_seconds_count 2$/m);
  t.regex(text, /^apiserver_cel_evaluation_duration_seconds_sum 0.02$/m);
});
