import type { Metrics } from '#lib/metrics.ts';
import type { AskRemote } from '../webhook/ask-remote.ts';

/** Asks as `ask` does, and counts what comes of it. Rule: apiserver plugin/pkg/authorizer/webhook/metrics. */
export function askMeasured(
  name: string,
  ask: AskRemote,
  metrics: Metrics,
  now: () => number = () => performance.now(),
): AskRemote {
  const labels = ['name', 'result'];
  const total = metrics.counter(
    'apiserver_authorization_webhook_evaluations_total',
    'Questions to a webhook for authorization, by how they ended.',
    labels,
  );
  const took = metrics.histogram(
    'apiserver_authorization_webhook_duration_seconds',
    'How long a question to a webhook for authorization took, with its repetitions.',
    labels,
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  );
  const open = metrics.counter(
    'apiserver_authorization_webhook_evaluations_fail_open_total',
    'Questions to a webhook for authorization that had no answer, and so decided nothing.',
    labels,
  );
  return async (body, signal) => {
    const fromMs = now();
    let result = 'success';
    try {
      return await ask(body, signal);
    } catch (error) {
      result = signal.aborted ? 'canceled' : isTimeout(error) ? 'timeout' : 'error';
      if (!signal.aborted) open.add([name, result]);
      throw error;
    } finally {
      total.add([name, result]);
      took.observe([name, result], (now() - fromMs) / 1000);
    }
  };
}

/** Requests end with an AbortError, whatever ended them: the cause tells. */
function isTimeout(error: unknown): boolean {
  const { name, cause } = error as Error;
  return name === 'TimeoutError' || (cause instanceof Error && cause.name === 'TimeoutError');
}
