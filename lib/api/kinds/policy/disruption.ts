import { invalidValue, notSupported } from '../../field-errors.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { PodDisruptionBudget } from '../../types/policy.v1.ts';
import { ageOf, columns } from '../columns.ts';
import { validateConditions } from '../conditions.ts';
import type { KindParts } from '../define.ts';
import { validateLabelSelector } from '../label-selector.ts';
import { validateCounts } from '../validate-counts.ts';
import { validateShare, validateWhole } from '../workloads/shares.ts';

export const podDisruptionBudget: KindParts<PodDisruptionBudget> = {
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  validate: (budget) => validateBudget(budget),
  // Who selects by values that no label has may go on to.
  validateUpdate: (next, previous) =>
    validateBudget(next, validateLabelSelector(previous.spec?.selector, '').length > 0),
  validateStatus: ({ status }) => [
    ...validateConditions(status?.conditions ?? [], 'status.conditions'),
    ...validateCounts(status, ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']),
  ],
  columns: columns(['Name', 'Min Available', 'Max Unavailable', '#Allowed Disruptions', '@Age']),
  row: ({ metadata, spec, status }, nowMs) => [
    metadata.name,
    String(spec?.minAvailable ?? 'N/A'),
    String(spec?.maxUnavailable ?? 'N/A'),
    status?.disruptionsAllowed ?? 0,
    ageOf(metadata, nowMs),
  ],
};

function validateBudget({ spec = {} }: PodDisruptionBudget, mayHaveAnyValue = false): StatusCause[] {
  const { minAvailable, maxUnavailable, selector } = spec;
  const isBoth = minAvailable !== undefined && maxUnavailable !== undefined;
  return [
    ...(isBoth ? [invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set')] : []),
    ...validateShare(minAvailable, 'spec.minAvailable'),
    ...validateWhole(minAvailable, 'spec.minAvailable'),
    ...validateShare(maxUnavailable, 'spec.maxUnavailable'),
    ...validateWhole(maxUnavailable, 'spec.maxUnavailable'),
    ...validateLabelSelector(selector, 'spec.selector', mayHaveAnyValue),
    ...validateUnhealthy(spec.unhealthyPodEvictionPolicy),
  ];
}

function validateUnhealthy(policy: string | undefined): StatusCause[] {
  if (policy === undefined || policies.includes(policy)) return [];
  return [notSupported('spec.unhealthyPodEvictionPolicy', policy, policies)];
}
const policies = ['AlwaysAllow', 'IfHealthyBudget'];
