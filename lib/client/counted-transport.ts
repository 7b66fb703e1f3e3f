import type { Metrics } from '#lib/metrics.ts';
import type { Transport } from './transport.ts';

/** Counts requests to `host` until the head of their answer is there. Rule: component-base metrics, restclient. */
export function countedTransport(
  transport: Transport,
  host: string,
  metrics: Metrics,
  now: () => number = () => performance.now(),
): Transport {
  const total = metrics.counter('rest_client_requests_total', 'Requests to API servers.', ['code', 'method', 'host']);
  const duration = metrics.histogram(
    'rest_client_request_duration_seconds',
    'How long API servers took to begin their answers.',
    ['verb', 'host'],
    [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
  );
  const known = new Map<string, Series>(); // by method: there are five

  function seriesOf(method: string): Series {
    let found = known.get(method);
    if (found === undefined) known.set(method, (found = { codes: new Map(), took: duration.of([method, host]) }));
    return found;
  }

  function ended(method: string, code: number | '<error>', fromMs: number): void {
    const { codes, took } = seriesOf(method);
    let count = codes.get(code);
    if (count === undefined) codes.set(code, (count = total.of([String(code), method, host])));
    count();
    took((now() - fromMs) / 1000);
  }

  return {
    async request(request, signal) {
      const fromMs = now();
      let code: number | '<error>' = '<error>';
      try {
        const response = await transport.request(request, signal);
        code = response.status;
        return response;
      } finally {
        ended(request.method, code, fromMs);
      }
    },
  };
}

interface Series {
  readonly codes: Map<number | '<error>', () => void>;
  readonly took: (seconds: number) => void;
}
