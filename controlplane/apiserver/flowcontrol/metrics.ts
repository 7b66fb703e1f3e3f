import type { Metrics } from '#lib/metrics.ts';

/** Counts the requests of one flow: opened once for each, as every request passes it. */
export interface FlowCounts {
  began(): void;
  ended(isWatch: boolean, tookMs: number): void;
}

/**
 * What is known of flows: nobody has to wait here, and nobody is turned away, hence no queues, seats and refusals.
 * Of a watch only its beginning counts. Rule: apiserver util/flowcontrol/metrics.
 */
export function createFlowMetrics(metrics: Metrics): (level: string, schema: string) => FlowCounts {
  const labels = ['priority_level', 'flow_schema'];
  const dispatched = metrics.counter(
    'apiserver_flowcontrol_dispatched_requests_total',
    'Requests from outside that were let in, by the flow they belong to.',
    labels,
  );
  const executing = metrics.gauge(
    'apiserver_flowcontrol_current_executing_requests',
    'Requests from outside that are being answered, by flow; watches only while they are opened.',
    labels,
  );
  const took = metrics.histogram(
    'apiserver_flowcontrol_request_execution_seconds',
    'How long requests from outside were answered, by flow; watches only while they were opened.',
    [...labels, 'type'],
    [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  );
  return (level, schema) => {
    const values = [level, schema];
    const [count, under] = [dispatched.of(values), executing.of(values)];
    const [regular, watch] = [took.of([...values, 'regular']), took.of([...values, 'watch'])];
    return {
      began() {
        count();
        under(1);
      },
      ended(isWatch, tookMs) {
        under(-1);
        (isWatch ? watch : regular)(tookMs / 1000);
      },
    };
  };
}
