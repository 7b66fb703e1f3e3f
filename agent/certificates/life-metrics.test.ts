import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createMetrics } from '#lib/metrics.ts';
import { addLifeMetrics } from './life-metrics.ts';

test('addLifeMetrics() counts down to the end of each certificate, and below it', async (t) => {
  const clock = createFakeClock();
  const metrics = createMetrics();
  const tell = addLifeMetrics(metrics, clock);
  const shown = (name: string) =>
    new RegExp(`^kubelet_certificate_manager_${name}_ttl_seconds (.*)$`, 'm').exec(metrics.render())?.[1];
  t.deepEqual([shown('client'), shown('server')], ['+Inf', '+Inf']);
  tell('kubelet-client', clock.now() + 60_000);
  await clock.advance(15_000);
  t.deepEqual([shown('client'), shown('server')], ['45', '+Inf']);
  await clock.advance(50_000);
  t.is(shown('client'), '-5');
});
