import test from 'ava';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { createMetrics } from '#lib/metrics.ts';
import { examplePod } from '../pods/example.ts';
import type { KubeletServerOptions } from './options.ts';
import { addOwnMetrics } from './own-metrics.ts';

test('addOwnMetrics() counts pods by where they come from, and those that run', (t) => {
  const running = {
    containerID: 'c',
    image: '',
    imageID: '',
    name: 'main',
    ready: true,
    restartCount: 0,
    state: { running: {} },
  };
  const list: readonly Pod[] = [
    examplePod({}, { status: { phase: 'Running', containerStatuses: [running] } }),
    examplePod({}, { status: { phase: 'Succeeded' } }),
    examplePod({}, { metadata: { name: 's', annotations: { 'kubernetes.io/config.source': 'file' } } }),
  ];
  const metrics = createMetrics();
  addOwnMetrics({
    metrics,
    nodeName: 'n1',
    pods: { list: () => list, get: () => undefined },
  } as unknown as KubeletServerOptions);
  const text = metrics.render();
  for (const line of [
    'kubelet_node_name{node="n1"} 1',
    'kubelet_running_pods 1',
    'kubelet_running_containers{container_state="running"} 1',
    'kubelet_desired_pods{static="true"} 1',
    'kubelet_desired_pods{static=""} 2',
    'kubelet_active_pods{static="true"} 1',
    'kubelet_active_pods{static=""} 1',
  ]) {
    t.true(text.includes(`${line}\n`), `${line}\n${text}`);
  }
});
