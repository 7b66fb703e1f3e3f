import { invalidValue } from '../../field-errors.ts';
import type { PodDisruptionBudget } from '../../types/policy.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { validateLabelSelector } from '../label-selector.ts';
import { validateCounts } from '../validate-counts.ts';
import { validateShare } from '../workloads/deployment.ts';

export const podDisruptionBudget: KindParts<PodDisruptionBudget> = {
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  validate({ spec = {} }) {
    const { minAvailable, maxUnavailable, selector } = spec;
    const causes = [
      ...validateShare(minAvailable, 'spec.minAvailable'),
      ...validateShare(maxUnavailable, 'spec.maxUnavailable'),
      ...validateLabelSelector(selector, 'spec.selector'),
    ];
    if (minAvailable === undefined || maxUnavailable === undefined) return causes;
    return [...causes, invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set')];
  },
  validateStatus: ({ status }) =>
    validateCounts(status, ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']),
  columns: columns(['Name', 'Min Available', 'Max Unavailable', '#Allowed Disruptions', '@Age']),
  row: ({ metadata, spec, status }, nowMs) => [
    metadata.name,
    String(spec?.minAvailable ?? 'N/A'),
    String(spec?.maxUnavailable ?? 'N/A'),
    status?.disruptionsAllowed ?? 0,
    ageOf(metadata, nowMs),
  ],
};
