// Whether a HorizontalPodAutoscaler may be stored. Pure. Rule: autoscaling validation.
import { at, child, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { readQuantity } from '../../quantity.ts';
import type { HorizontalPodAutoscaler, HPAScalingPolicy, HPAScalingRules } from '../../types/autoscaling.v2.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateMetrics } from './validate-metrics.ts';
import { validateReference } from './validate-reference.ts';

export function validateAutoscaler({ spec }: HorizontalPodAutoscaler): StatusCause[] {
  const { minReplicas, maxReplicas = 0, metrics = [], behavior } = spec ?? {};
  const causes: StatusCause[] = [];
  if (minReplicas !== undefined && minReplicas < 0) {
    causes.push(invalidValue('spec.minReplicas', minReplicas, 'must be greater than or equal to 0'));
  }
  if (maxReplicas < 1) causes.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than 0'));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    causes.push(invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  }
  causes.push(...validateReference(spec?.scaleTargetRef, 'spec.scaleTargetRef'));
  causes.push(...validateMetrics(metrics, 'spec.metrics'));
  // Of no pods at all there is nothing to measure.
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    const why = 'must specify at least one Object or External metric to support scaling to zero replicas';
    causes.push(forbiddenField('spec.metrics', why));
  }
  return [
    ...causes,
    ...validateRules(behavior?.scaleUp, 'spec.behavior.scaleUp'),
    ...validateRules(behavior?.scaleDown, 'spec.behavior.scaleDown'),
  ];
}

const longestWindow = 3600;
const longestPeriod = 1800;
const choices = ['Disabled', 'Max', 'Min'];

function validateRules(rules: HPAScalingRules | undefined, path: Path): StatusCause[] {
  if (rules === undefined) return [];
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [], tolerance } = rules;
  const causes: StatusCause[] = [];
  const refuse = (why: string) => causes.push(invalidValue(child(path, 'stabilizationWindowSeconds'), window, why));
  if (window < 0) refuse('must be greater than or equal to zero');
  if (window > longestWindow) refuse(`must be less than or equal to ${longestWindow}`);
  if (selectPolicy !== undefined && !choices.includes(selectPolicy)) {
    causes.push(notSupported(child(path, 'selectPolicy'), selectPolicy, choices));
  }
  const field = child(path, 'policies');
  if (policies.length === 0) causes.push(required(field, 'must specify at least one Policy'));
  causes.push(...policies.flatMap((policy, index) => validatePolicy(policy, at(field, index))));
  if (tolerance !== undefined && (readQuantity(tolerance)?.nanos ?? 0n) < 0n) {
    causes.push(invalidValue(child(path, 'tolerance'), tolerance, 'must be greater than or equal to 0'));
  }
  return causes;
}

function validatePolicy({ type, value = 0, periodSeconds = 0 }: HPAScalingPolicy, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const types: readonly string[] = ['Percent', 'Pods'];
  if (!types.includes(type)) causes.push(notSupported(child(path, 'type'), type ?? '', types));
  if (value <= 0) causes.push(invalidValue(child(path, 'value'), value, 'must be greater than zero'));
  const field = child(path, 'periodSeconds');
  if (periodSeconds <= 0) causes.push(invalidValue(field, periodSeconds, 'must be greater than zero'));
  if (periodSeconds > longestPeriod) {
    causes.push(invalidValue(field, periodSeconds, `must be less than or equal to ${longestPeriod}`));
  }
  return causes;
}
