// What a claim may ask for, wherever it stands. Pure. Rule: core validation ValidatePersistentVolumeClaimSpec.
import { at, child, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain } from '../../names.ts';
import { readQuantity } from '../../quantity.ts';
import type { PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isSame } from '../equal.ts';
import { validateLabelSelector } from '../label-selector.ts';
import { validateAnnotations, validateLabels } from '../metadata.ts';
import { validateAccessModes, volumeModes } from './modes.ts';

export interface ClaimLeniency {
  /** A group of a source that is stored stays, whatever it looks like. */
  readonly mayHaveAnyGroup?: boolean;
  /** So does a selector by values that no label has. */
  readonly mayHaveAnyLabelValue?: boolean;
}

export function validateClaimSpec(
  spec: PersistentVolumeClaimSpec,
  path: Path,
  leniency: ClaimLeniency = {},
): StatusCause[] {
  const { accessModes = [], selector, storageClassName, volumeMode, volumeAttributesClassName } = spec;
  const causes: StatusCause[] = [];
  if (accessModes.length === 0) {
    causes.push(required(child(path, 'accessModes'), 'at least 1 access mode is required'));
  }
  causes.push(...validateLabelSelector(selector, child(path, 'selector'), leniency.mayHaveAnyLabelValue));
  causes.push(...validateAccessModes(accessModes, child(path, 'accessModes')));
  causes.push(...validateSize(spec, at(child(path, 'resources'), 'storage')));
  causes.push(...wrongClass(storageClassName, child(path, 'storageClassName')));
  if (volumeMode !== undefined && !volumeModes.includes(volumeMode)) {
    causes.push(notSupported(child(path, 'volumeMode'), volumeMode, volumeModes));
  }
  causes.push(...validateSources(spec, path, leniency));
  return [...causes, ...wrongClass(volumeAttributesClassName, child(path, 'volumeAttributesClassName'))];
}

/** Of a claim to be made: nothing but labels and annotations of its metadata is taken. */
export function validateClaimTemplate({ metadata, spec }: PersistentVolumeClaimTemplate, path: Path): StatusCause[] {
  const meta = child(path, 'metadata');
  const others = Object.entries(metadata ?? {}).filter(([key, value]) => isMore(key, value));
  return [
    ...validateAnnotations(metadata?.annotations, child(meta, 'annotations')),
    ...validateLabels(metadata?.labels, child(meta, 'labels')),
    ...others.map(([key]) => forbiddenField(child(meta, key), 'cannot be set')),
    ...validateClaimSpec(spec ?? {}, child(path, 'spec')),
  ];
}

function isMore(key: string, value: unknown): boolean {
  return key !== 'annotations' && key !== 'labels' && value !== undefined && value !== null && value !== '';
}

function validateSize({ resources }: PersistentVolumeClaimSpec, path: Path): StatusCause[] {
  const size = resources?.requests?.['storage'];
  if (size === undefined) return [required(path)];
  const isPositive = (readQuantity(size)?.nanos ?? 0n) > 0n;
  return isPositive ? [] : [invalidValue(path, size, 'must be greater than zero')];
}

function validateSources(
  { dataSource, dataSourceRef }: PersistentVolumeClaimSpec,
  path: Path,
  leniency: ClaimLeniency,
): StatusCause[] {
  const causes: StatusCause[] = [];
  if (dataSource) causes.push(...validateSource(dataSource, child(path, 'dataSource'), leniency));
  if (!dataSourceRef) return causes;
  const field = child(path, 'dataSourceRef');
  causes.push(...validateSource(dataSourceRef, field, leniency));
  const { namespace } = dataSourceRef;
  if (namespace) {
    const where = child(field, 'namespace');
    causes.push(...wrongDns1123Label(namespace).map((message) => invalidValue(where, namespace, message)));
  }
  if (!dataSource) return causes;
  const plain = ({ apiGroup, kind, name }: Source) => ({ apiGroup, kind, name });
  if (namespace) {
    const why = 'may not be specified when dataSourceRef.namespace is specified';
    causes.push(invalidValue(path, child(path, 'dataSource'), why));
  } else if (!isSame(plain(dataSource), plain(dataSourceRef))) {
    causes.push(invalidValue(path, child(path, 'dataSource'), 'must match dataSourceRef'));
  }
  return causes;
}

interface Source {
  readonly apiGroup?: string | undefined;
  readonly kind: string;
  readonly name: string;
}

/** Of the core group, only another claim holds data. */
function validateSource({ apiGroup = '', kind, name }: Source, path: Path, leniency: ClaimLeniency): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!name) causes.push(required(child(path, 'name')));
  if (!kind) causes.push(required(child(path, 'kind')));
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') {
    causes.push(
      invalidValue(path, kind ?? '', "must be 'PersistentVolumeClaim' when referencing the default apiGroup"),
    );
  }
  const wrong = apiGroup === '' || leniency.mayHaveAnyGroup ? [] : wrongDns1123Subdomain(apiGroup);
  return [...causes, ...wrong.map((message) => invalidValue(child(path, 'apiGroup'), apiGroup, message))];
}

function wrongClass(name: string | undefined, field: Path): StatusCause[] {
  return name ? wrongDns1123Subdomain(name).map((message) => invalidValue(field, name, message)) : [];
}
