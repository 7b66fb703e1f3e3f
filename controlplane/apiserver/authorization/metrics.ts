import type { Metrics } from '#lib/metrics.ts';
import type { Authorize } from './attributes.ts';

/** Counts what is allowed of what clients ask for. Rule: apiserver endpoints/filters, metrics. */
export function countedAuthorization(
  authorize: Authorize,
  metrics: Metrics,
  now: () => number = () => performance.now(),
): Authorize {
  const attempts = metrics.counter('authorization_attempts_total', 'Requests by what was decided about them.', [
    'result',
  ]);
  const duration = metrics.histogram(
    'authorization_duration_seconds',
    'How long it took to decide about a request.',
    ['result'],
    Array.from({ length: 15 }, (_, power) => 0.001 * 2 ** power),
  );
  const both = (result: string) => [attempts.of([result]), duration.of([result])] as const;
  const [allowed, undecided] = [both('allowed'), both('no-opinion')];
  return (attributes) => {
    const fromMs = now();
    const decision = authorize(attributes);
    const [count, took] = decision.isAllowed ? allowed : undecided;
    count();
    took((now() - fromMs) / 1000);
    return decision;
  };
}

/** One authorizer among others, with its decisions counted. */
export function decisionsCounted(type: string, authorize: Authorize, metrics: Metrics): Authorize {
  const total = metrics.counter(
    'apiserver_authorization_decisions_total',
    'Which authorizer had the last word, and which it was.',
    ['type', 'name', 'decision'],
  );
  const allowed = total.of([type, type.toLowerCase(), 'allowed']);
  return (attributes) => {
    const decision = authorize(attributes);
    if (decision.isAllowed) allowed();
    return decision;
  };
}
