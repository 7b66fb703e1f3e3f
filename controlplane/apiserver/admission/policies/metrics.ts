import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '#lib/api/types/admissionregistration.v1.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { Bound } from './bindings.ts';

export type CountPolicy = (
  bound: Bound<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>,
  denials: readonly unknown[],
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
    [0.0000005, 0.001, 0.01, 0.1, 1.0],
  );
  return ({ policy, binding }, denials, tookMs) => {
    const actions = denials.length === 0 ? ['Allow'] : binding.spec.validationActions;
    for (const action of actions) {
      const values = [policy.metadata.name, binding.metadata.name, 'no_error', action.toLowerCase()];
      total.add(values, Math.max(denials.length, 1));
      duration.observe(values, tookMs / 1000);
    }
  };
}
