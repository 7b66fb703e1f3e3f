import { child, forbiddenField, invalidValue, notSupported, type Path } from '../../field-errors.ts';
import type { Deployment, DeploymentSpec, RollingUpdateDeployment } from '../../types/apps.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { defaultPodTemplate } from '../pod/defaults.ts';
import type { PodLeniency } from '../pod/leniency.ts';
import { leniencyOf } from '../pod/leniency-of.ts';
import { replicaWarnings } from '../warnings/workloads.ts';
import { isNone, validateShare, validateWhole } from './shares.ts';
import { validateDeploymentStatus } from './status.ts';
import {
  containerImages,
  containerNames,
  fixedSelector,
  notNegative,
  onlyAlways,
  selectorCell,
  validateWorkload,
} from './template.ts';

export const deployment: KindParts<Deployment> = {
  warnings: replicaWarnings,
  hasGeneration: true,
  defaults(object) {
    const spec = (object.spec ??= {} as NonNullable<typeof object.spec>);
    defaultPodTemplate(spec);
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    spec.strategy ??= {};
    spec.strategy.type ||= 'RollingUpdate';
    if (spec.strategy.type === 'RollingUpdate') {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
      spec.strategy.rollingUpdate.maxSurge ??= '25%';
    }
  },
  updateStatus(next, previous) {
    if (previous.metadata.labels === undefined) delete next.metadata.labels;
    else next.metadata.labels = { ...previous.metadata.labels };
  },
  validate: ({ spec }) => validateSpec(spec!),
  validateStatus: validateDeploymentStatus,
  validateUpdate: (next, previous) => [
    ...validateSpec(next.spec!, leniencyOf(previous.spec?.template)),
    ...fixedSelector(next.spec?.selector, previous.spec?.selector),
  ],
  columns: columns(['Name', 'Ready', 'Up-to-date', 'Available', '@Age'], ['Containers', 'Images', 'Selector']),
  row({ metadata, spec, status }, nowMs) {
    return [
      metadata.name,
      `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      ageOf(metadata, nowMs),
      containerNames(spec?.template),
      containerImages(spec?.template),
      selectorCell(spec?.selector),
    ];
  },
};

function validateSpec(spec: DeploymentSpec, leniency: PodLeniency = {}): StatusCause[] {
  const { replicas, minReadySeconds = 0, revisionHistoryLimit, progressDeadlineSeconds } = spec;
  const causes = [
    ...notNegative({ replicas }),
    ...validateWorkload(spec, { kind: 'deployment', leniency }),
    ...onlyAlways(spec.template, 'ReplicaSet'),
    ...validateStrategy(spec.strategy ?? {}, 'spec.strategy'),
    ...notNegative({ minReadySeconds, revisionHistoryLimit, progressDeadlineSeconds }),
  ];
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds) {
    const detail = 'must be greater than minReadySeconds';
    causes.push(invalidValue('spec.progressDeadlineSeconds', progressDeadlineSeconds, detail));
  }
  return causes;
}

function validateStrategy(strategy: NonNullable<DeploymentSpec['strategy']>, path: Path): StatusCause[] {
  const { type, rollingUpdate } = strategy;
  if (type === 'Recreate') {
    const detail = "may not be specified when strategy `type` is 'Recreate'";
    return rollingUpdate === undefined ? [] : [forbiddenField(child(path, 'rollingUpdate'), detail)];
  }
  if (type !== 'RollingUpdate') return [notSupported(path, strategy, ['Recreate', 'RollingUpdate'])];
  return validateRolling(rollingUpdate ?? {}, child(path, 'rollingUpdate'));
}

/** How far an update may go below and above the wished number: not nowhere. */
function validateRolling({ maxUnavailable, maxSurge }: RollingUpdateDeployment, path: Path): StatusCause[] {
  const field = child(path, 'maxUnavailable');
  const stuck = isNone(maxUnavailable) && isNone(maxSurge);
  return [
    ...validateShare(maxUnavailable, field),
    ...validateShare(maxSurge, child(path, 'maxSurge')),
    ...(stuck ? [invalidValue(field, maxUnavailable ?? 0, 'may not be 0 when `maxSurge` is 0')] : []),
    ...validateWhole(maxUnavailable, field),
  ];
}
