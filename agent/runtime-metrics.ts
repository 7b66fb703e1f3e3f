import type { Images, Runtime } from '#cri/runtime.ts';
import type { Clock } from '#lib/clock.ts';
import type { Metrics } from '#lib/metrics.ts';

/** What is counted, by method, under the names that upstream gives to the operations. */
const operations: Readonly<Record<string, string>> = {
  version: 'version',
  status: 'status',
  runSandbox: 'run_podsandbox',
  stopSandbox: 'stop_podsandbox',
  removeSandbox: 'remove_podsandbox',
  sandboxStatus: 'podsandbox_status',
  listSandboxes: 'list_podsandbox',
  createContainer: 'create_container',
  startContainer: 'start_container',
  stopContainer: 'stop_container',
  removeContainer: 'remove_container',
  containerStatus: 'container_status',
  listContainers: 'list_containers',
  updateResources: 'update_container_resources',
  reopenLog: 'reopen_container_log',
  checkpoint: 'checkpoint_container',
  execSync: 'exec_sync',
  exec: 'exec',
  attach: 'attach',
  portForward: 'port_forward',
  stats: 'list_container_stats',
  sandboxStats: 'list_podsandbox_stats',
  imageStatus: 'image_status',
  pull: 'pull_image',
  list: 'list_images',
  remove: 'remove_image',
  fsInfo: 'image_fs_info',
};

/** The same runtime or images, whose calls are counted and timed as the kubelet does. */
export function createOperationMetrics(
  metrics: Metrics,
  clock: Pick<Clock, 'now'>,
): <T extends Runtime | Images>(port: T) => T {
  const total = metrics.counter('kubelet_runtime_operations_total', 'Calls to the container runtime.', [
    'operation_type',
  ]);
  const errors = metrics.counter(
    'kubelet_runtime_operations_errors_total',
    'Calls to the container runtime that failed.',
    ['operation_type'],
  );
  const duration = metrics.histogram(
    'kubelet_runtime_operations_duration_seconds',
    'How long a call to the container runtime took.',
    ['operation_type'],
    [0.005, 0.0125, 0.03125, 0.078125, 0.1953125, 0.48828125, 1.220703125, 3.0517578125, 7.62939453125, 19.0734863281],
  );

  function measured(name: string, call: (...words: unknown[]) => Promise<unknown>) {
    const labels = [name];
    return async (...words: unknown[]) => {
      const fromMs = clock.now();
      total.add(labels);
      try {
        return await call(...words);
      } catch (error) {
        errors.add(labels);
        throw error;
      } finally {
        duration.observe(labels, (clock.now() - fromMs) / 1000);
      }
    };
  }

  return <T extends Runtime | Images>(port: T): T => {
    const entries = Object.entries(port).map(([method, call]) => {
      const name = operations[method];
      return [method, name === undefined ? call : measured(name, call)];
    });
    return Object.fromEntries(entries) as T;
  };
}
