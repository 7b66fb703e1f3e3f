// What people are told of probes: Events about the container, and numbers at /metrics/probes.
import type { Container, Pod } from '#lib/api/types/core.v1.ts';
import { createMetrics } from '#lib/metrics.ts';
import type { RecordPod } from '../pods/record.ts';
import type { CheckResult } from './check.ts';
import type { ProbeKind } from './verdict.ts';

export interface ProbeTeller {
  tell(pod: Pod, container: Container, kind: ProbeKind, result: CheckResult, ms: number): void;
  /** The pod is gone, and its numbers with it. */
  forget(pod: Pod): void;
  /** In Prometheus' text format. */
  render(): string;
}

/** Words, names and labels are upstream's. */
export function createProbeTeller(record: RecordPod): ProbeTeller {
  const metrics = createMetrics(); // apart from the others: another endpoint shows them
  const total = metrics.counter('prober_probe_total', 'Probes of containers, by kind and how they ended.', [
    'probe_type',
    'result',
    'container',
    'pod',
    'namespace',
    'pod_uid',
  ]);
  const duration = metrics.histogram(
    'prober_probe_duration_seconds',
    'How long a probe took.',
    ['probe_type', 'container', 'pod', 'namespace'],
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  );
  return {
    tell(pod, container, kind, { outcome, output, isWarning = false }, ms) {
      const { name, namespace = 'default', uid = '' } = pod.metadata;
      const title = titles[kind];
      total.add([title, results[outcome], container.name, name, namespace, uid]);
      if (outcome !== 'unknown') duration.observe([title, container.name, name, namespace], ms / 1000);
      const say = (reason: string, message: string) =>
        record(pod, 'Warning', reason, `${title} probe ${message}`, container);
      if (outcome === 'failure') say('Unhealthy', `failed: ${output}`);
      else if (outcome === 'unknown') say('Unhealthy', `errored and resulted in unknown state: ${output}`);
      else if (isWarning) say('ProbeWarning', `warning: ${output}`);
    },
    forget: ({ metadata: { name, namespace = 'default' } }) => metrics.forget({ pod: name, namespace }),
    render: metrics.render,
  };
}
const titles = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' } as const;
const results = { success: 'successful', failure: 'failed', unknown: 'unknown' } as const;
