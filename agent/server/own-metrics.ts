import type { Pod } from '#lib/api/types/core.v1.ts';
import { addProcessMetrics } from '#lib/process-metrics.ts';
import { isOver } from '../pods/phase.ts';
import { isStatic } from '../static/annotations.ts';
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
  /** Of static pods, and of those of the API. */
  const bySource = (counts: (pod: Pod) => boolean) => () => {
    const all = [...pods.list()].filter(counts);
    const statics = all.filter(isStatic).length;
    return [
      { values: ['true'], value: statics },
      { values: [''], value: all.length - statics },
    ];
  };
  metrics.gaugeFrom(
    'kubelet_desired_pods',
    'The number of pods the kubelet is being instructed to run. static is true if the pod is not from the apiserver.',
    ['static'],
    bySource(() => true),
  );
  metrics.gaugeFrom(
    'kubelet_active_pods',
    'The number of pods the kubelet considers active and which are being considered when admitting new pods. static is true if the pod is not from the apiserver.',
    ['static'],
    bySource(({ status }) => !isOver(status ?? {})),
  );
  addProcessMetrics(metrics, kubeletVersion);
}
