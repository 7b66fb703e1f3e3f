import { at, child, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongDns1123Label } from '../../names.ts';
import type { ControllerRevision, StatefulSet } from '../../types/apps.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { immutable } from '../metadata.ts';
import { defaultPodTemplate } from '../pod/defaults.ts';
import type { PodLeniency } from '../pod/leniency.ts';
import { leniencyOf } from '../pod/leniency-of.ts';
import { defaultClaimSpec } from '../storage/claim.ts';
import { validateClaimSpec } from '../storage/claim-spec.ts';
import { statefulSetWarnings } from '../warnings/workloads.ts';
import { isNone, validateShare, validateWhole } from './shares.ts';
import { validateStatefulSetStatus } from './status.ts';
import { containerImages, containerNames, notNegative, onlyAlways, validateWorkload } from './template.ts';

type Spec = NonNullable<StatefulSet['spec']>;

export const statefulSet: KindParts<StatefulSet> = {
  warnings: statefulSetWarnings,
  hasGeneration: true,
  defaults(object) {
    const spec = (object.spec ??= {} as NonNullable<typeof object.spec>);
    defaultPodTemplate(spec);
    spec.podManagementPolicy ||= 'OrderedReady';
    spec.updateStrategy ??= {};
    // Who names the strategy alone gets no more than the name.
    if (!spec.updateStrategy.type) spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.type ||= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate' && spec.updateStrategy.rollingUpdate !== undefined) {
      spec.updateStrategy.rollingUpdate.partition ??= 0;
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
    }
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    for (const claim of spec.volumeClaimTemplates ?? []) {
      // A claim template shows itself as a claim that nobody has looked at yet.
      claim.kind ||= 'PersistentVolumeClaim';
      claim.apiVersion ||= 'v1';
      claim.status ??= {};
      claim.status.phase ||= 'Pending';
      defaultClaimSpec((claim.spec ??= {}));
    }
  },
  // Its pods are called after it.
  wrongName: wrongDns1123Label,
  validate: ({ spec }) => [...validateSpec(spec!), ...validateNames(spec!), ...validateTemplate(spec!)],
  validateStatus: validateStatefulSetStatus,
  validateUpdate(next, previous) {
    // What was stored with a template that would be refused now can still be scaled.
    const leniency = leniencyOf(previous.spec?.template);
    const isSound = [...validateSpec(previous.spec!), ...validateTemplate(previous.spec!, leniency)].length === 0;
    return [
      ...validateSpec(next.spec!),
      ...(isSound ? validateTemplate(next.spec!, leniency) : []),
      ...validateChange(next.spec!, previous.spec!),
    ];
  },
  columns: columns(['Name', 'Ready', '@Age'], ['Containers', 'Images']),
  row({ metadata, spec, status }, nowMs) {
    return [
      metadata.name,
      `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
      ageOf(metadata, nowMs),
      containerNames(spec?.template),
      containerImages(spec?.template),
    ];
  },
};

function validateSpec(spec: Spec): StatusCause[] {
  const causes: StatusCause[] = [];
  const { replicas, minReadySeconds, podManagementPolicy, updateStrategy } = spec;
  const policies = ['OrderedReady', 'Parallel'];
  if (!podManagementPolicy) causes.push(required('spec.podManagementPolicy'));
  else if (!policies.includes(podManagementPolicy)) {
    causes.push(
      invalidValue('spec.podManagementPolicy', podManagementPolicy, `must be '${policies[0]}' or '${policies[1]}'`),
    );
  }
  causes.push(...validateUpdateStrategy(updateStrategy ?? {}));
  for (const field of ['whenDeleted', 'whenScaled'] as const) {
    const value = spec.persistentVolumeClaimRetentionPolicy?.[field];
    if (value !== undefined && !['Delete', 'Retain'].includes(value)) {
      causes.push(notSupported(child('spec.persistentVolumeClaimRetentionPolicy', field), value, ['Delete', 'Retain']));
    }
  }
  return [
    ...causes,
    ...notNegative({ replicas, minReadySeconds }),
    ...notNegative({ start: spec.ordinals?.start }, 'spec.ordinals'),
  ];
}

/** What is looked at only once, as it cannot change. */
function validateNames({ serviceName, volumeClaimTemplates }: Spec): StatusCause[] {
  const wrong = serviceName ? wrongDns1123Label(serviceName) : [];
  return [
    ...(volumeClaimTemplates ?? []).flatMap(({ spec }, index) =>
      validateClaimSpec(spec ?? {}, child(at('spec.volumeClaimTemplates', index), 'spec')),
    ),
    ...wrong.map((message) => invalidValue('spec.serviceName', serviceName, message)),
  ];
}

function validateTemplate(spec: Spec, leniency: PodLeniency = {}): StatusCause[] {
  return [
    ...validateWorkload(spec, { kind: 'statefulset', why: '', leniency }),
    ...onlyAlways(spec.template, 'StatefulSet'),
  ];
}

function validateUpdateStrategy({ type, rollingUpdate }: NonNullable<Spec['updateStrategy']>): StatusCause[] {
  const path = 'spec.updateStrategy';
  if (!type) return [required(path)];
  if (type === 'OnDelete') {
    const detail = "only allowed for updateStrategy 'RollingUpdate'";
    return rollingUpdate === undefined ? [] : [invalidValue(child(path, 'rollingUpdate'), rollingUpdate, detail)];
  }
  if (type !== 'RollingUpdate') return [invalidValue(path, { type }, "must be 'RollingUpdate' or 'OnDelete'")];
  const { partition, maxUnavailable } = rollingUpdate ?? {};
  const field = child(path, 'rollingUpdate', 'maxUnavailable');
  return [
    ...notNegative({ partition }, child(path, 'rollingUpdate')),
    ...validateShare(maxUnavailable, field),
    ...(maxUnavailable !== undefined && isNone(maxUnavailable)
      ? [invalidValue(field, maxUnavailable, 'cannot be 0')]
      : []),
    ...validateWhole(maxUnavailable, field),
  ];
}

const changeable = [
  'replicas',
  'template',
  'updateStrategy',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
] as const;

function validateChange(next: Spec, previous: Spec): StatusCause[] {
  const same: Record<string, unknown> = { ...next };
  for (const field of changeable) same[field] = previous[field];
  if (isSame(same, previous)) return [];
  const list =
    "'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds'";
  return [forbiddenField('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)];
}

export const controllerRevision: KindParts<ControllerRevision> = {
  validate: ({ data, revision }) => [...validateData(data), ...notNegative({ revision }, '')],
  validateUpdate(next, previous) {
    const causes = notNegative({ revision: next.revision }, '');
    if (isSame(next.data, previous.data)) return causes;
    return [...causes, invalidValue('data', next.data, immutable)];
  },
  columns: columns(['Name', 'Controller', 'Revision', '@Age']),
  row({ metadata, revision }, nowMs) {
    const owner = (metadata.ownerReferences ?? []).find(({ controller }) => controller);
    const group = owner?.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : '';
    const controller = owner === undefined ? '<none>' : `${owner.kind.toLowerCase()}${group}/${owner.name}`;
    return [metadata.name, controller, revision ?? 0, ageOf(metadata, nowMs)];
  },
};

function validateData(data: unknown): StatusCause[] {
  if (data === undefined || data === null) return [required('data', 'data is mandatory')];
  const isObject = typeof data === 'object' && !Array.isArray(data);
  return isObject ? [] : [required('data', 'data must be a valid JSON object')];
}
