import type { Pod } from '#lib/api/types/core.v1.ts';
import { addProcessMetrics } from '#lib/process-metrics.ts';
import { isOver } from '../pods/phase.ts';
import { isStatic } from '../static/annotations.ts';
import { kubeletVersion } from '../version.ts';
import type { KubeletServerOptions } from './options.ts';

/** What /metrics tells of the agent itself, under upstream's names. Read when it is asked for. */
export function addOwnMetrics({ metrics, nodeName, pods }: KubeletServerOptions): void {
  const one = (value: () => number) => () => [{ values: [], value: value() }];
  metrics.gaugeFrom('kubelet_node_name', 'Which node this is; the value says nothing.', ['node'], () => [
    { values: [nodeName], value: 1 },
  ]);
  metrics.gaugeFrom(
    'kubelet_running_pods',
    'Pods whose sandbox runs.',
    [],
    one(() => [...pods.list()].filter(({ status }) => status?.phase === 'Running').length),
  );
  metrics.gaugeFrom('kubelet_running_containers', 'Containers by state.', ['container_state'], () => {
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
    'Pods that this node is to run; static: told by a file or a URL.',
    ['static'],
    bySource(() => true),
  );
  metrics.gaugeFrom(
    'kubelet_active_pods',
    'Pods that hold resources of this node; static: told by a file or a URL.',
    ['static'],
    bySource(({ status }) => !isOver(status ?? {})),
  );
  addProcessMetrics(metrics, kubeletVersion);
}
