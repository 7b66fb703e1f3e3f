import { invalidValue, notSupported } from '../../field-errors.ts';
import type { DaemonSet } from '../../types/apps.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns, labelText } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { immutable } from '../metadata.ts';
import { defaultPodTemplate } from '../pod/defaults.ts';
import { daemonSetWarnings } from '../warnings/workloads.ts';
import { validateRolling } from './deployment.ts';
import { validateDaemonSetStatus } from './status.ts';
import {
  containerImages,
  containerNames,
  notNegative,
  onlyAlways,
  selectorCell,
  validateWorkload,
} from './template.ts';

export const daemonSet: KindParts<DaemonSet> = {
  warnings: daemonSetWarnings,
  hasGeneration: true,
  defaults(object) {
    const spec = (object.spec ??= {} as NonNullable<typeof object.spec>);
    defaultPodTemplate(spec);
    spec.revisionHistoryLimit ??= 10;
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate') {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
  },
  validate: ({ spec }) => validateSpec(spec!),
  validateStatus: validateDaemonSetStatus,
  validateUpdate(next, previous) {
    const causes = validateSpec(next.spec!);
    if (isSame(next.spec?.selector, previous.spec?.selector)) return causes;
    return [...causes, invalidValue('spec.selector', next.spec?.selector, immutable)];
  },
  columns: columns(
    ['Name', '#Desired', '#Current', '#Ready', '#Up-to-date', '#Available', 'Node Selector', '@Age'],
    ['Containers', 'Images', 'Selector'],
  ),
  row({ metadata, spec, status }, nowMs) {
    return [
      metadata.name,
      status?.desiredNumberScheduled ?? 0,
      status?.currentNumberScheduled ?? 0,
      status?.numberReady ?? 0,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      labelText(spec?.template?.spec?.nodeSelector),
      ageOf(metadata, nowMs),
      containerNames(spec?.template),
      containerImages(spec?.template),
      selectorCell(spec?.selector),
    ];
  },
};

function validateSpec(spec: NonNullable<DaemonSet['spec']>): StatusCause[] {
  const { minReadySeconds, revisionHistoryLimit, updateStrategy } = spec;
  const causes = [
    ...validateWorkload(spec, 'daemonset'),
    ...onlyAlways(spec.template),
    ...notNegative({ minReadySeconds, revisionHistoryLimit }),
  ];
  const type = updateStrategy?.type ?? '';
  if (type === 'RollingUpdate') {
    causes.push(...validateRolling(updateStrategy?.rollingUpdate ?? {}, 'spec.updateStrategy.rollingUpdate'));
  } else if (type !== 'OnDelete') {
    causes.push(notSupported('spec.updateStrategy', type, ['OnDelete', 'RollingUpdate']));
  }
  return causes;
}
