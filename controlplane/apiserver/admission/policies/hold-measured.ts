import type { Metrics } from '#lib/metrics.ts';
import type { Attributes } from '../admission.ts';
import { type Condition, holdAll } from './conditions.ts';
import type { Context } from './context.ts';

/** Whose conditions they are, and for which request. */
export interface Conditioned {
  readonly name: string;
  readonly kind: 'policy' | 'webhook';
  /** As upstream has it: policies of both kinds validate, and webhooks are counted as elsewhere. */
  readonly type: 'admit' | 'validate' | 'validating';
  readonly operation: Attributes['operation'];
}

/** As `holdAll`. @throws {Error} as `holdAll` does */
export type HoldMeasured = (conditions: readonly Condition[], context: Context, about: Conditioned) => boolean;

/** Counts what matchConditions take and decide. Rule: apiserver admission/metrics and matchconditions. */
export function createHoldMeasured(metrics: Metrics, now: () => number = () => performance.now()): HoldMeasured {
  const labels = ['name', 'kind', 'type', 'operation'];
  const took = metrics.histogram(
    'apiserver_admission_match_condition_evaluation_seconds',
    'How long the conditions of a policy or webhook took for a request.',
    labels,
    [0.005, 0.025, 0.1, 0.5, 1.0, 2.5],
  );
  const exclusions = metrics.counter(
    'apiserver_admission_match_condition_exclusions_total',
    'Requests that the conditions of a policy or webhook left out.',
    labels,
  );
  const failures = metrics.counter(
    'apiserver_admission_match_condition_evaluation_errors_total',
    'Conditions of policies and webhooks that had no value.',
    labels,
  );
  return (conditions, context, { name, kind, type, operation }) => {
    if (conditions.length === 0) return true;
    const values = [name, kind, type, operation];
    const fromMs = now();
    try {
      const isFit = holdAll(conditions, context, () => failures.add(values));
      if (!isFit) exclusions.add(values);
      return isFit;
    } finally {
      took.observe(values, (now() - fromMs) / 1000);
    }
  };
}
