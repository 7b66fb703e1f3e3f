import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '#lib/api/types/admissionregistration.v1.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { Bound } from './bindings.ts';
import type { ErrorType } from './error-type.ts';
import type { Finding } from './policy.ts';

export type CountPolicy = (
  bound: Bound<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>,
  found: readonly Finding[],
  tookMs: number,
) => void;

/** What policies say, by what their bindings make of it. Rule: apiserver admission/plugin/policy/validating/metrics. */
export function createPolicyMetrics(metrics: Metrics): CountPolicy {
  const labels = ['policy', 'policy_binding', 'error_type', 'enforcement_action'];
  const total = metrics.counter(
    'apiserver_validating_admission_policy_check_total',
    'Requests that a policy judged, by binding and by what followed.',
    labels,
  );
  const duration = metrics.histogram(
    'apiserver_validating_admission_policy_check_duration_seconds',
    'How long a policy took to judge a request.',
    labels,
    seconds,
  );
  return ({ policy, binding }, found, tookMs) => {
    const observe = (error: ErrorType, action: string, count: number) => {
      const values = [policy.metadata.name, binding.metadata.name, error, action];
      total.add(values, count);
      duration.observe(values, tookMs / 1000);
    };
    if (found.length === 0) observe('no_error', 'allow', 1);
    for (const [error, alike] of Map.groupBy(found, (one) => one.error)) {
      const ignored = alike.filter(({ isIgnored }) => isIgnored).length;
      if (ignored > 0) observe(error, 'allow', ignored);
      if (ignored === alike.length) continue;
      for (const action of binding.spec.validationActions) observe(error, action.toLowerCase(), alike.length - ignored);
    }
  };
}

export type CountMutation = (policy: string, binding: string, error: ErrorType, tookMs: number) => void;

/** The same of mutations, one by one. Rule: apiserver admission/plugin/policy/mutating/metrics. */
export function createMutationMetrics(metrics: Metrics): CountMutation {
  const labels = ['policy', 'policy_binding', 'error_type'];
  const total = metrics.counter(
    'apiserver_mutating_admission_policy_check_total',
    'Mutations of policies that were run, by binding and by what became of them.',
    labels,
  );
  const duration = metrics.histogram(
    'apiserver_mutating_admission_policy_check_duration_seconds',
    'How long a mutation of a policy took.',
    labels,
    seconds,
  );
  return (policy, binding, error, tookMs) => {
    const values = [policy, binding, error];
    total.add(values);
    duration.observe(values, tookMs / 1000);
  };
}
const seconds = [0.0000005, 0.001, 0.01, 0.1, 1.0];
