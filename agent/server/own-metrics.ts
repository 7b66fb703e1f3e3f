import type { KubeletServerOptions } from './options.ts';

/** What /metrics tells of the agent itself, under upstream's names. Read when it is asked for. */
export function addOwnMetrics({ metrics, nodeName, pods, clock }: KubeletServerOptions): void {
  const startSeconds = clock.now() / 1000 - process.uptime();
  const one = (value: () => number) => () => [{ values: [], value: value() }];
  metrics.gaugeFrom('kubelet_node_name', "The node's name. The count is always 1.", ['node'], () => [
    { values: [nodeName], value: 1 },
  ]);
  metrics.gaugeFrom(
    'kubelet_running_pods',
    'Number of pods that have a running pod sandbox',
    [],
    one(() => [...pods.list()].filter(({ status }) => status?.phase === 'Running').length),
  );
  metrics.gaugeFrom('kubelet_running_containers', 'Number of containers currently running', ['container_state'], () => {
    const statuses = [...pods.list()].flatMap(({ status }) => status?.containerStatuses ?? []);
    return [{ values: ['running'], value: statuses.filter(({ state }) => state?.running !== undefined).length }];
  });
  metrics.gaugeFrom(
    'process_resident_memory_bytes',
    'Resident memory size in bytes.',
    [],
    one(process.memoryUsage.rss),
  );
  metrics.gaugeFrom(
    'process_cpu_seconds_total',
    'Total user and system CPU time spent in seconds.',
    [],
    one(() => (process.cpuUsage().user + process.cpuUsage().system) / 1e6),
  );
  metrics.gaugeFrom(
    'process_start_time_seconds',
    'Start time of the process since unix epoch in seconds.',
    [],
    one(() => startSeconds),
  );
}
