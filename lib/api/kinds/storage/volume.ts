import { at, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import { readQuantity } from '../../quantity.ts';
import type { PersistentVolume } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { roundResources } from '../pod/container-defaults.ts';
import { validateNodeSelector } from '../pod/validate-affinity.ts';
import { persistentVolumeWarnings } from '../warnings/volumes.ts';
import { storageClassOf } from './claim.ts';
import { accessModes, modesText } from './modes.ts';
import { validateVolumeSource } from './volume-sources.ts';

export const persistentVolume: KindParts<PersistentVolume> = {
  warnings: persistentVolumeWarnings,
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.persistentVolumeReclaimPolicy ||= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath) spec.hostPath.type ??= '';
    roundResources(spec.capacity);
    object.status ??= {};
    object.status.phase ||= 'Pending';
  },
  create(object) {
    object.status = { phase: 'Pending' };
  },
  validate: validateVolume,
  validateUpdate(next, previous) {
    const causes = validateVolume(next);
    const sourceOf = ({ spec }: PersistentVolume) => Object.fromEntries(sourcesOf(spec ?? {}));
    if (!isSame(sourceOf(next), sourceOf(previous))) {
      causes.push(
        forbiddenField('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'),
      );
    }
    const [affinity, before] = [next.spec?.nodeAffinity, previous.spec?.nodeAffinity];
    if (before !== undefined && !isSame(affinity, before)) {
      causes.push(invalidValue('spec.nodeAffinity', affinity, 'field is immutable'));
    }
    if (next.spec?.volumeMode !== previous.spec?.volumeMode) {
      causes.push(invalidValue('spec.volumeMode', next.spec?.volumeMode, 'field is immutable'));
    }
    return causes;
  },
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

const notSources = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

function sourcesOf(spec: NonNullable<PersistentVolume['spec']>): [string, unknown][] {
  return Object.entries(spec).filter(([key, value]) => !notSources.has(key) && value !== undefined);
}

const policies = ['Delete', 'Recycle', 'Retain'];

function validateVolume({ spec = {} }: PersistentVolume): StatusCause[] {
  const causes: StatusCause[] = [];
  if ((spec.accessModes ?? []).length === 0) causes.push(required('spec.accessModes'));
  for (const mode of spec.accessModes ?? []) {
    if (!accessModes.includes(mode)) causes.push(notSupported('spec.accessModes', mode, accessModes));
  }
  const size = spec.capacity?.['storage'];
  if (spec.capacity === undefined) causes.push(required('spec.capacity'));
  if (size === undefined || Object.keys(spec.capacity ?? {}).length > 1) {
    causes.push(notSupported('spec.capacity', spec.capacity ?? null, ['storage']));
  } else if ((readQuantity(size)?.nanos ?? 0n) <= 0n) {
    causes.push(invalidValue(at('spec.capacity', 'storage'), size, 'must be greater than zero'));
  }
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && !policies.includes(policy))
    causes.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, policies));
  const sources = sourcesOf(spec);
  if (sources.length === 0) causes.push(required('spec', 'must specify a volume type'));
  for (const [kind] of sources.slice(0, 1)) causes.push(...validateVolumeSource(spec, kind, `spec.${kind}`));
  for (const [kind] of sources.slice(1)) {
    causes.push(forbiddenField(`spec.${kind}`, 'may not specify more than 1 volume type'));
  }
  return [...causes, ...validateUse(spec)];
}

const volumeModes = ['Block', 'Filesystem'];

/** Who may use it, where, and how. */
function validateUse(spec: NonNullable<PersistentVolume['spec']>): StatusCause[] {
  const causes: StatusCause[] = [];
  const { accessModes: modes = [], nodeAffinity, storageClassName, volumeAttributesClassName: attributes } = spec;
  if (modes.includes('ReadWriteOncePod') && modes.length > 1) {
    causes.push(forbiddenField('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'));
  }
  if (nodeAffinity !== undefined) {
    const field = 'spec.nodeAffinity.required';
    if (nodeAffinity.required === undefined) causes.push(required(field, 'must specify required node constraints'));
    else causes.push(...validateNodeSelector(nodeAffinity.required.nodeSelectorTerms ?? [], field));
  }
  if (spec.hostPath?.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    const why = "may not be 'recycle' for a hostPath mount of '/'";
    causes.push(forbiddenField('spec.persistentVolumeReclaimPolicy', why));
  }
  if (storageClassName) causes.push(...wrongName('spec.storageClassName', storageClassName));
  if (spec.volumeMode !== undefined && !volumeModes.includes(spec.volumeMode)) {
    causes.push(notSupported('spec.volumeMode', spec.volumeMode, volumeModes));
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

function wrongName(field: string, name: string): StatusCause[] {
  return wrongDns1123Subdomain(name).map((message) => invalidValue(field, name, message));
}
