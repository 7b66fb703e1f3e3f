import { addProcessMetrics } from '#lib/process-metrics.ts';
import { kubeletVersion } from '../version.ts';
import type { KubeletServerOptions } from './options.ts';

/** What /metrics tells of the agent itself, under upstream's names. Read when it is asked for. */
export function addOwnMetrics({ metrics, nodeName, pods }: KubeletServerOptions): void {
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
  addProcessMetrics(metrics, kubeletVersion);
}
