import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createController } from '#lib/controller.ts';
import { createSilentLog } from '#lib/log.ts';
import { createMetrics } from '#lib/metrics.ts';
import { createQueueMetrics } from './queue-metrics.ts';

test('createQueueMetrics() counts what a queue does', async (t) => {
  const clock = createFakeClock();
  const metrics = createMetrics();
  const end = new AbortController();
  let failures = 1;
  const controller = createController({
    name: 'web-controller',
    metricsName: 'web',
    metrics: createQueueMetrics(metrics, () => clock.now()),
    clock,
    log: createSilentLog(),
    async reconcile() {
      await clock.sleep(2_000, end.signal);
      if (failures-- > 0) throw new Error('not yet');
      return undefined;
    },
  });
  controller.add('a');
  controller.add('b');
  const shows = (line: string) => t.true(metrics.render().includes(`${line}\n`), line);
  shows('workqueue_depth{name="web"} 2');
  const running = controller.run(end.signal);
  await clock.advance(1_000);
  shows('workqueue_depth{name="web"} 1');
  shows('workqueue_unfinished_work_seconds{name="web"} 1');
  await clock.advance(10_000);
  shows('workqueue_depth{name="web"} 0');
  shows('workqueue_adds_total{name="web"} 3');
  shows('workqueue_retries_total{name="web"} 1');
  shows('workqueue_work_duration_seconds_sum{name="web"} 6');
  shows('workqueue_longest_running_processor_seconds{name="web"} 0');
  end.abort();
  await running;
});
