import type { Metrics } from '#lib/metrics.ts';
import type { Authorize, Decision } from './attributes.ts';
import type { AuthorizeLate } from './webhook.ts';

interface Authorizers {
  readonly authorize: Authorize;
  /** Is asked what `authorize` does not allow. */
  readonly late?: AuthorizeLate | undefined;
}

/** Counts what is allowed of what clients ask for, each question once. Rule: apiserver endpoints/filters, metrics. */
export function countedAuthorization(
  { authorize, late }: Authorizers,
  metrics: Metrics,
  now: () => number = () => performance.now(),
): Authorizers {
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

  function decided(decision: Decision, fromMs: number): Decision {
    const [count, took] = decision.isAllowed ? allowed : undecided;
    count();
    took((now() - fromMs) / 1000);
    return decision;
  }

  return {
    authorize(attributes) {
      const fromMs = now();
      const decision = authorize(attributes);
      return decision.isAllowed || late === undefined ? decided(decision, fromMs) : decision;
    },
    late:
      late &&
      (async (attributes, signal) => {
        const fromMs = now();
        return decided(await late(attributes, signal), fromMs);
      }),
  };
}

/** One authorizer among others, with its decisions counted. */
export function decisionsCounted(type: string, authorize: Authorize, metrics: Metrics): Authorize {
  const allowed = countedDecisions(metrics).of([type, type.toLowerCase(), 'allowed']);
  return (attributes) => {
    const decision = authorize(attributes);
    if (decision.isAllowed) allowed();
    return decision;
  };
}

/** The same for one that takes its time. */
export function lateDecisionsCounted(name: string, authorize: AuthorizeLate, metrics: Metrics): AuthorizeLate {
  const total = countedDecisions(metrics);
  return async (attributes, signal) => {
    const decision = await authorize(attributes, signal);
    if (decision.isAllowed) total.add(['Webhook', name, 'allowed']);
    else if (decision.isDenied) total.add(['Webhook', name, 'denied']);
    return decision;
  };
}

function countedDecisions(metrics: Metrics) {
  return metrics.counter(
    'apiserver_authorization_decisions_total',
    'Which authorizer had the last word, and which it was.',
    ['type', 'name', 'decision'],
  );
}
