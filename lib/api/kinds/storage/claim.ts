import { at, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongQualifiedName } from '../../names.ts';
import { compareQuantities, readQuantity } from '../../quantity.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import type { Mutable } from '../object.ts';
import { roundResources } from '../pod/container-defaults.ts';
import { validateAmount } from '../pod/validate-resources.ts';
import { claimWarnings } from '../warnings/others.ts';
import { validateWishes } from './claim-wishes.ts';
import { accessModes, modesText } from './modes.ts';

export const persistentVolumeClaim: KindParts<PersistentVolumeClaim> = {
  warnings: claimWarnings,
  defaults(object) {
    defaultClaimSpec((object.spec ??= {}));
    object.status ??= {};
    object.status.phase ||= 'Pending';
  },
  create(object) {
    object.status = { phase: 'Pending' };
  },
  validate: ({ spec }) => validateSpec(spec ?? {}),
  validateUpdate: (next, previous) => [...validateSpec(next.spec ?? {}), ...validateChange(next, previous)],
  validateStatus,
  columns: columns(
    ['Name', 'Status', 'Volume', 'Capacity', 'Access Modes', 'StorageClass', 'VolumeAttributesClass', '@Age'],
    ['VolumeMode'],
  ),
  row({ metadata, spec, status }, nowMs) {
    const isBound = Boolean(spec?.volumeName);
    return [
      metadata.name,
      metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
      spec?.volumeName ?? '',
      isBound ? (status?.capacity?.['storage'] ?? '0') : '',
      isBound ? modesText(status?.accessModes) : '',
      storageClassOf(metadata, spec?.storageClassName),
      spec?.volumeAttributesClassName ?? '<unset>',
      ageOf(metadata, nowMs),
      spec?.volumeMode ?? '<unset>',
    ];
  },
};

export function defaultClaimSpec(spec: Mutable<PersistentVolumeClaimSpec>): void {
  spec.volumeMode ??= 'Filesystem';
  roundResources(spec.resources?.requests);
  roundResources(spec.resources?.limits);
  const source = spec.dataSource ?? spec.dataSourceRef;
  if (source !== undefined && !('namespace' in source && source.namespace)) {
    spec.dataSource ??= source as NonNullable<typeof spec.dataSource>;
    spec.dataSourceRef ??= source;
  }
}

/** The annotation is the older form of the field. */
export function storageClassOf(
  meta: { readonly annotations?: Readonly<Record<string, string>> | undefined },
  name: string | undefined,
): string {
  return meta.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? name ?? '';
}

/** The same of the spec of a template, wherever it stands. */
export function validateClaimSpec(spec: PersistentVolumeClaimSpec, path: Path): StatusCause[] {
  return validateSpec(spec).map((cause) => ({ ...cause, field: cause.field!.replace(/^spec/, path) }));
}

function validateSpec(spec: PersistentVolumeClaimSpec): StatusCause[] {
  const causes: StatusCause[] = [];
  if ((spec.accessModes ?? []).length === 0) {
    causes.push(required('spec.accessModes', 'at least 1 access mode is required'));
  }
  for (const mode of spec.accessModes ?? []) {
    if (!accessModes.includes(mode)) causes.push(notSupported('spec.accessModes', mode, accessModes));
  }
  const size = spec.resources?.requests?.['storage'];
  if (size === undefined) causes.push(required('spec.resources[storage]'));
  else if ((readQuantity(size)?.nanos ?? 0n) <= 0n) {
    const message = `Invalid value: ${JSON.stringify(size)}: must be greater than zero`;
    causes.push({ reason: 'FieldValueInvalid', field: at('spec.resources', 'storage'), message });
  }
  if (spec.volumeMode !== undefined && !['Block', 'Filesystem'].includes(spec.volumeMode)) {
    causes.push(notSupported('spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem']));
  }
  return [...causes, ...validateWishes(spec)];
}

const onlyThese =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

function validateChange(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): StatusCause[] {
  const { resources, volumeAttributesClassName, ...rest } = next.spec ?? {};
  const { resources: oldResources, volumeAttributesClassName: oldClass, ...oldRest } = previous.spec ?? {};
  const isBound = previous.status?.phase === 'Bound';
  const same = {
    ...rest,
    // The volume is filled in once, when the claim is bound.
    volumeName: oldRest.volumeName ? rest.volumeName : undefined,
    storageClassName: oldRest.storageClassName === undefined ? undefined : rest.storageClassName,
  };
  const causes: StatusCause[] = [];
  const mayGrow = isBound || isSame(resources, oldResources);
  if (!isSame(same, oldRest) || !mayGrow || !(isBound || volumeAttributesClassName === oldClass)) {
    causes.push(forbiddenField('spec', onlyThese));
  }
  const [now, before] = [resources?.requests?.['storage'], oldResources?.requests?.['storage']];
  const reached = previous.status?.capacity?.['storage'] ?? '0';
  // What could not be grown may be asked for less, down to what is there: shrinking nobody does.
  if (now !== undefined && before !== undefined && compareQuantities(now, before) < 0) {
    if (compareQuantities(now, reached) <= 0) {
      const detail = 'field can not be less than status.capacity';
      causes.push(forbiddenField('spec.resources.requests.storage', detail));
    }
  }
  return causes;
}

const resizing = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizePending',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
];

/** Rule: core validation ValidatePersistentVolumeClaimStatusUpdate. */
function validateStatus({ status }: PersistentVolumeClaim): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const [name, amount] of Object.entries(status?.capacity ?? {})) {
    if ((readQuantity(amount)?.nanos ?? 0n) >= 0n) continue;
    causes.push(invalidValue(at('status.capacity', name), amount, 'must be a valid resource quantity'));
  }
  const statuses = 'status.allocatedResourceStatus';
  for (const [name, text] of Object.entries(status?.allocatedResourceStatuses ?? {})) {
    causes.push(...wrongResource(name, statuses));
    if (!resizing.includes(text)) causes.push(notSupported(statuses, name, resizing));
  }
  for (const [name, amount] of Object.entries(status?.allocatedResources ?? {})) {
    const wrong = wrongResource(name, 'status.allocatedResources');
    causes.push(...wrong);
    if (wrong.length === 0) causes.push(...validateAmount(name, amount, at('status.allocatedResources', name)));
  }
  return causes;
}

function wrongResource(name: string, path: string): StatusCause[] {
  const wrong = wrongQualifiedName(name).map((message) => invalidValue(path, name, message));
  const isNative = !name.includes('/') || /^([^/]*\.)?kubernetes\.io\//.test(name);
  return wrong.length === 0 && isNative && name !== 'storage' ? [notSupported(path, name, ['storage'])] : wrong;
}
