import test from 'ava';
import type { Images } from '#cri/runtime.ts';
import { createMetrics } from '#lib/metrics.ts';
import { createOperationMetrics } from './runtime-metrics.ts';

test('createOperationMetrics() counts calls, failures and time, and changes nothing else', async (t) => {
  const metrics = createMetrics();
  let now = 1_000;
  const images: Pick<Images, 'remove' | 'imageStatus'> = {
    async remove() {
      now += 500;
      throw new Error('in use');
    },
    imageStatus: async () => undefined,
  };
  const measured = createOperationMetrics(metrics, { now: () => now })(images as Images);
  const { signal } = new AbortController();
  t.is(await measured.imageStatus('x', signal), undefined);
  await t.throwsAsync(measured.remove('x', signal), { message: 'in use' });
  const text = metrics.render();
  t.true(text.includes('kubelet_runtime_operations_total{operation_type="image_status"} 1\n'));
  t.true(text.includes('kubelet_runtime_operations_errors_total{operation_type="remove_image"} 1\n'));
  t.true(text.includes('kubelet_runtime_operations_duration_seconds_sum{operation_type="remove_image"} 0.5\n'));
});
