// What a claim may ask of its volume beside its size. Pure. Rule: core validation ValidatePersistentVolumeClaimSpec.
import { child, forbiddenField, invalidValue, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import type { PersistentVolumeClaimSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isSame } from '../equal.ts';
import { validateLabelSelector } from '../label-selector.ts';

export function validateWishes(spec: PersistentVolumeClaimSpec): StatusCause[] {
  const { accessModes = [], selector, storageClassName, volumeAttributesClassName, dataSource, dataSourceRef } = spec;
  const causes = validateLabelSelector(selector, 'spec.selector');
  if (accessModes.includes('ReadWriteOncePod') && accessModes.length > 1) {
    causes.push(forbiddenField('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'));
  }
  causes.push(...wrongClass(storageClassName, 'spec.storageClassName'));
  causes.push(...wrongClass(volumeAttributesClassName, 'spec.volumeAttributesClassName'));
  if (dataSource !== undefined) causes.push(...validateDataSource(dataSource, 'spec.dataSource'));
  if (dataSourceRef === undefined) return causes;
  causes.push(...validateDataSource(dataSourceRef, 'spec.dataSourceRef'));
  const isElsewhere = dataSourceRef.namespace !== undefined && dataSourceRef.namespace !== '';
  const plain = ({ apiGroup, kind, name }: Source) => ({ apiGroup: apiGroup ?? '', kind, name });
  if (dataSource !== undefined && !isElsewhere && !isSame(plain(dataSource), plain(dataSourceRef))) {
    causes.push(invalidValue('spec', 'spec.dataSource', 'must match dataSourceRef'));
  }
  return causes;
}

interface Source {
  readonly apiGroup?: string | undefined;
  readonly kind: string;
  readonly name: string;
}

function wrongClass(name: string | undefined, field: Path): StatusCause[] {
  return name ? wrongDns1123Subdomain(name).map((message) => invalidValue(field, name, message)) : [];
}

/** Of the core group, only another claim holds data. */
function validateDataSource({ apiGroup = '', kind, name }: Source, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!name) causes.push(required(child(path, 'name')));
  if (!kind) causes.push(required(child(path, 'kind')));
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') causes.push(invalidValue(path, kind ?? '', ''));
  const wrong = apiGroup === '' ? [] : wrongDns1123Subdomain(apiGroup);
  return [...causes, ...wrong.map((message) => invalidValue(child(path, 'apiGroup'), apiGroup, message))];
}
