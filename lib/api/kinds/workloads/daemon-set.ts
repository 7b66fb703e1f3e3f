import { child, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { isSelectedBy } from '../../selectors/labels.ts';
import type { DaemonSet } from '../../types/apps.v1.ts';
import type { LabelSelector, StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns, labelText } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { hasWrongLabelValue, isEmptySelector, validateLabelSelector } from '../label-selector.ts';
import { immutable } from '../metadata.ts';
import { defaultPodTemplate } from '../pod/defaults.ts';
import type { PodLeniency } from '../pod/leniency.ts';
import { leniencyOf } from '../pod/leniency-of.ts';
import { daemonSetWarnings } from '../warnings/workloads.ts';
import { isNone, validateShare, validateWhole } from './shares.ts';
import { validateDaemonSetStatus } from './status.ts';
import {
  containerImages,
  containerNames,
  notNegative,
  onlyAlways,
  selectorCell,
  validateSelectedTemplate,
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
    const leniency = leniencyOf(previous.spec?.template);
    const anyLabelValue = leniency.anyLabelValue || hasWrongLabelValue(previous.spec?.selector);
    const causes = validateSpec(next.spec!, { ...leniency, anyLabelValue });
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

function validateSpec(spec: NonNullable<DaemonSet['spec']>, leniency: PodLeniency = {}): StatusCause[] {
  const { selector, template, minReadySeconds, revisionHistoryLimit, updateStrategy } = spec;
  return [
    ...validateSelector(selector, template?.metadata?.labels ?? {}, leniency),
    ...validateSelectedTemplate(undefined, template, { leniency }),
    ...onlyAlways(template, 'DaemonSet'),
    ...notNegative({ minReadySeconds }),
    ...validateStrategy(updateStrategy ?? {}, 'spec.updateStrategy'),
    ...notNegative({ revisionHistoryLimit }),
  ];
}

/** An absent selector selects nothing, hence not the template's pods either. */
function validateSelector(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>>,
  { anyLabelValue }: PodLeniency,
): StatusCause[] {
  const wrong = validateLabelSelector(selector, 'spec.selector', anyLabelValue);
  if (wrong.length > 0 || hasWrongLabelValue(selector)) return wrong;
  const causes: StatusCause[] = [];
  if (!isSelectedBy(selector, labels)) {
    const why = '`selector` does not match template `labels`';
    causes.push(invalidValue('spec.template.metadata.labels', labels, why));
  }
  if (selector !== undefined && isEmptySelector(selector)) {
    causes.push(invalidValue('spec.selector', selector, 'empty selector is invalid for daemonset'));
  }
  return causes;
}

type Strategy = NonNullable<NonNullable<DaemonSet['spec']>['updateStrategy']>;

/** On a node, either the old pod goes first or the new one comes first. Rule: ValidateRollingUpdateDaemonSet. */
function validateStrategy({ type, rollingUpdate }: Strategy, path: Path): StatusCause[] {
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') return [notSupported(path, type ?? '', ['OnDelete', 'RollingUpdate'])];
  const field = child(path, 'rollingUpdate');
  if (rollingUpdate === undefined) return [required(field)];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const [down, up] = [child(field, 'maxUnavailable'), child(field, 'maxSurge')];
  const causes = [
    ...validateShare(maxUnavailable, down),
    ...validateShare(maxSurge, up),
    ...validateWhole(maxUnavailable, down),
    ...validateWhole(maxSurge, up),
  ];
  if (isNone(maxUnavailable) !== isNone(maxSurge)) return causes;
  return isNone(maxSurge)
    ? [...causes, required(down, 'cannot be 0 when maxSurge is 0')]
    : [...causes, invalidValue(up, maxSurge, 'may not be set when maxUnavailable is non-zero')];
}
