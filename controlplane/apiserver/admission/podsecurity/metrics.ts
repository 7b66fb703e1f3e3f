import type { Metrics } from '#lib/metrics.ts';
import type { Attributes } from '../admission.ts';
import { type LevelVersion, textOf } from './policy.ts';

export interface PodSecurityMetrics {
  /** Of `audit` and `warn` only refusals are counted. */
  evaluated(
    decision: 'allow' | 'deny',
    policy: LevelVersion,
    mode: 'enforce' | 'audit' | 'warn',
    attributes: Attributes,
  ): void;
}

/** Rule: k8s.io/pod-security-admission metrics. */
export function createPodSecurityMetrics(metrics: Metrics): PodSecurityMetrics {
  const total = metrics.counter(
    'pod_security_evaluations_total',
    'Pods held against the level of their namespace, by what came of it.',
    ['decision', 'policy_level', 'policy_version', 'mode', 'request_operation', 'resource', 'subresource'],
  );
  // Nobody is exempt here, and nothing keeps a policy from being judged.
  const about = ['request_operation', 'resource', 'subresource'];
  metrics.counter('pod_security_exemptions_total', 'Requests that are exempt from the levels of namespaces.', about);
  metrics.counter(
    'pod_security_errors_total',
    'Requests whose level could not be found out; some were held to the strictest one instead.',
    ['fatal', ...about],
  );
  return {
    evaluated(decision, policy, mode, { operation, resource, subresource }) {
      const kind = resource === 'pods' ? 'pod' : 'controller';
      const values = [decision, policy.level, versionOf(policy), mode, operation.toLowerCase(), kind, subresource];
      total.add(values);
    },
  };
}

/** A level that allows all does so in every version; versions to come are one. */
function versionOf(policy: LevelVersion): string {
  if (policy.level === 'privileged') return 'latest';
  if (policy.minor !== Number.POSITIVE_INFINITY && policy.minor > ownMinor) return 'future';
  return textOf(policy).slice(policy.level.length + 1);
}
const ownMinor = 37;
