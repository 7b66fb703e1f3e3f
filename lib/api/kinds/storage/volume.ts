import { at, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import { readQuantity, wholeValue } from '../../quantity.ts';
import type {
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PersistentVolume,
  PersistentVolumeSource,
  VolumeNodeAffinity,
} from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { immutable } from '../metadata.ts';
import { roundResources } from '../pod/container-defaults.ts';
import { hasWrongNodeValue, validateNodeSelector } from '../pod/validate-affinity.ts';
import { defaultOlderSources } from '../pod/volume-defaults.ts';
import { persistentVolumeWarnings } from '../warnings/volumes.ts';
import { storageClassOf } from './claim.ts';
import { modesText, validateAccessModes, volumeModes } from './modes.ts';
import { validateVolumeSources, volumeSourceOf } from './volume-sources.ts';

export const persistentVolume: KindParts<PersistentVolume> = {
  warnings: persistentVolumeWarnings,
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath) spec.hostPath.type ??= '';
    defaultOlderSources(spec);
    roundResources(spec.capacity);
    object.status ??= {};
    object.status.phase ||= 'Pending';
  },
  create(object) {
    object.status = { phase: 'Pending' };
  },
  validate: (object) => validateVolume(object),
  validateUpdate: (next, previous) => [
    ...validateVolume(next, hasWrongNodeValue(termsOf(previous))),
    ...validateChange(next, previous),
  ],
  fields: ({ spec }) => ({ name: spec?.storageClassName ?? '' }),
  columns: columns(
    [
      'Name',
      'Capacity',
      'Access Modes',
      'Reclaim Policy',
      'Status',
      'Claim',
      'StorageClass',
      'VolumeAttributesClass',
      'Reason',
      '@Age',
    ],
    ['VolumeMode'],
  ),
  row({ metadata, spec, status }, nowMs) {
    const claim = spec?.claimRef;
    return [
      metadata.name,
      spec?.capacity?.['storage'] ?? '0',
      modesText(spec?.accessModes),
      spec?.persistentVolumeReclaimPolicy ?? '',
      metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
      claim === undefined ? '' : `${claim.namespace}/${claim.name}`,
      storageClassOf(metadata, spec?.storageClassName),
      spec?.volumeAttributesClassName ?? '<unset>',
      status?.reason ?? '',
      ageOf(metadata, nowMs),
      spec?.volumeMode ?? '<unset>',
    ];
  },
};

const policies = ['Delete', 'Recycle', 'Retain'];

function termsOf({ spec }: PersistentVolume): readonly NodeSelectorTerm[] {
  return spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
}

/** `mayHaveAnyValue`: its nodes may be named by values that no label has. */
function validateVolume(volume: PersistentVolume, mayHaveAnyValue = false): StatusCause[] {
  const { metadata, spec = {} } = volume;
  const causes: StatusCause[] = [];
  const { accessModes = [], capacity = {}, persistentVolumeReclaimPolicy: policy, nodeAffinity } = spec;
  if (accessModes.length === 0) causes.push(required('spec.accessModes'));
  causes.push(...validateAccessModes(accessModes, 'spec.accessModes'), ...validateCapacity(capacity));
  if (policy && !policies.includes(policy)) {
    causes.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, policies));
  }
  if (nodeAffinity !== undefined) {
    const field = 'spec.nodeAffinity.required';
    if (nodeAffinity.required === undefined) causes.push(required(field, 'must specify required node constraints'));
    else causes.push(...validateNodeSelector(termsOf(volume), field, mayHaveAnyValue));
  }
  return [...causes, ...validateVolumeSources(spec, metadata.name ?? '', 'spec'), ...validateUse(spec)];
}

/** A volume is of a size, and of nothing else. */
function validateCapacity(capacity: Readonly<Record<string, string>>): StatusCause[] {
  const causes: StatusCause[] = [];
  const names = Object.keys(capacity);
  if (names.length === 0) causes.push(required('spec.capacity'));
  if (names.length !== 1 || names[0] !== 'storage') causes.push(notSupported('spec.capacity', capacity, ['storage']));
  for (const [name, amount] of Object.entries(capacity)) {
    const nanos = readQuantity(amount)?.nanos ?? 0n;
    const field = at('spec.capacity', name);
    if (nanos < 0n) causes.push(invalidValue(field, wholeValue(amount), 'must be a valid resource quantity'));
    if (nanos <= 0n) causes.push(invalidValue(field, amount, 'must be greater than zero'));
  }
  return causes;
}

/** What it is used as. */
function validateUse(spec: NonNullable<PersistentVolume['spec']>): StatusCause[] {
  const causes: StatusCause[] = [];
  const { hostPath, storageClassName, volumeMode, volumeAttributesClassName: attributes } = spec;
  if (hostPath && isRoot(hostPath.path ?? '') && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    const why = "may not be 'recycle' for a hostPath mount of '/'";
    causes.push(forbiddenField('spec.persistentVolumeReclaimPolicy', why));
  }
  if (storageClassName) causes.push(...wrongName('spec.storageClassName', storageClassName));
  if (volumeMode !== undefined && !volumeModes.includes(volumeMode)) {
    causes.push(notSupported('spec.volumeMode', volumeMode, volumeModes));
  }
  if (attributes === undefined) return causes;
  const field = 'spec.volumeAttributesClassName';
  if (attributes === '') causes.push(required(field, 'an empty string is disallowed'));
  else causes.push(...wrongName(field, attributes));
  if (spec.csi === undefined) {
    causes.push(required('spec.csi', 'has to be specified when using volumeAttributesClassName'));
  }
  return causes;
}

function isRoot(path: string): boolean {
  return path.startsWith('/') && path.split('/').every((part) => ['', '.', '..'].includes(part));
}

function wrongName(field: string, name: string): StatusCause[] {
  return wrongDns1123Subdomain(name).map((message) => invalidValue(field, name, message));
}

/** Rule: core validation ValidatePersistentVolumeUpdate. */
function validateChange({ spec = {} }: PersistentVolume, { spec: old = {} }: PersistentVolume): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!isSame(withoutNewSecret(volumeSourceOf(spec), old), volumeSourceOf(old))) {
    causes.push(
      forbiddenField('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'),
    );
  }
  if (spec.volumeMode !== old.volumeMode) causes.push(invalidValue('volumeMode', spec.volumeMode, immutable));
  if (old.nodeAffinity !== undefined && !isSame(spec.nodeAffinity, inNewLabels(old.nodeAffinity, spec.nodeAffinity))) {
    const why = `${immutable}, except for updating from beta label to GA`;
    causes.push(invalidValue('nodeAffinity', spec.nodeAffinity, why));
  }
  if (old.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    causes.push(forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'));
  }
  return causes;
}

/** The secret for growing may come later. */
function withoutNewSecret(source: PersistentVolumeSource, old: PersistentVolumeSource): PersistentVolumeSource {
  if (source.csi === undefined || old.csi === undefined || old.csi.controllerExpandSecretRef) return source;
  const { controllerExpandSecretRef: _, ...csi } = source.csi;
  return { ...source, csi };
}

/** `old` with those labels by their later names that `next` names so. */
function inNewLabels(old: VolumeNodeAffinity, next: VolumeNodeAffinity | undefined): VolumeNodeAffinity {
  const renamed = (one: NodeSelectorRequirement, other: NodeSelectorRequirement | undefined) =>
    other !== undefined && laterLabels.get(one.key) === other.key ? { ...one, key: other.key } : one;
  const terms = old.required?.nodeSelectorTerms?.map((term, index) => {
    const other = next?.required?.nodeSelectorTerms?.[index];
    return {
      ...term,
      matchExpressions: term.matchExpressions?.map((one, place) => renamed(one, other?.matchExpressions?.[place])),
    };
  });
  return old.required === undefined ? old : { ...old, required: { ...old.required, nodeSelectorTerms: terms ?? [] } };
}
const laterLabels: ReadonlyMap<string, string> = new Map([
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['beta.kubernetes.io/os', 'kubernetes.io/os'],
  ['beta.kubernetes.io/arch', 'kubernetes.io/arch'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
]);
