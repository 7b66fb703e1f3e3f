import { at, forbiddenField, invalidValue, notSupported } from '../../field-errors.ts';
import { wrongQualifiedName } from '../../names.ts';
import { compareQuantities, readQuantity, wholeValue } from '../../quantity.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { validateLabelSelector } from '../label-selector.ts';
import { immutable } from '../metadata.ts';
import type { Mutable } from '../object.ts';
import { roundResources } from '../pod/container-defaults.ts';
import { isNative } from '../pod/resource-names.ts';
import { claimWarnings } from '../warnings/others.ts';
import { type ClaimLeniency, validateClaimSpec } from './claim-spec.ts';
import { modesText } from './modes.ts';

export const persistentVolumeClaim: KindParts<PersistentVolumeClaim> = {
  warnings: claimWarnings,
  defaults(object) {
    defaultClaimSpec((object.spec ??= {}));
    object.status ??= {};
    object.status.phase ||= 'Pending';
  },
  create(object) {
    object.status = { phase: 'Pending' };
    dropForeignSource(object.spec);
  },
  update(next, previous) {
    if (previous.spec?.dataSourceRef === undefined) dropForeignSource(next.spec);
  },
  validate: ({ spec }) => validateClaimSpec(spec ?? {}, 'spec'),
  validateUpdate: (next, previous) => [
    ...validateClaimSpec(next.spec ?? {}, 'spec', leniencyOf(previous.spec)),
    ...validateChange(next, previous),
  ],
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

/** CrossNamespaceVolumeDataSource is off as Kubernetes comes. Rule: persistentvolumeclaim util, DropDisabledFields. */
function dropForeignSource(spec: Mutable<PersistentVolumeClaimSpec> | undefined): void {
  if (spec?.dataSourceRef?.namespace) delete spec.dataSourceRef;
}

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
  return meta.annotations?.[classAnnotation] ?? name ?? '';
}

const onlyThese =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

/** Rule: core validation ValidationOptionsForPersistentVolumeClaim. */
function leniencyOf({ dataSource, dataSourceRef, selector }: PersistentVolumeClaimSpec = {}): ClaimLeniency {
  return {
    mayHaveAnyGroup: dataSource?.apiGroup !== undefined || dataSourceRef?.apiGroup !== undefined,
    mayHaveAnyLabelValue: validateLabelSelector(selector, '').length > 0,
  };
}

/** Rule: core validation ValidatePersistentVolumeClaimUpdate. */
function validateChange(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): StatusCause[] {
  const [spec, old] = [next.spec ?? {}, previous.spec ?? {}];
  const isBound = previous.status?.phase === 'Bound';
  const size = ({ resources }: PersistentVolumeClaimSpec) => resources?.requests?.['storage'];
  const causes = fixedClass(next, previous);
  const same = {
    ...spec,
    // The volume is filled in once, when the claim is bound; the class, where none was named.
    volumeName: old.volumeName ? spec.volumeName : old.volumeName,
    storageClassName: mayNameClass(next, previous) ? old.storageClassName : spec.storageClassName,
    ...(isBound ? { volumeAttributesClassName: old.volumeAttributesClassName } : {}),
    ...(isBound && spec.resources?.requests
      ? { resources: { ...spec.resources, requests: { ...spec.resources.requests, storage: size(old) } } }
      : {}),
  };
  if (!isSame(same, old)) causes.push(forbiddenField('spec', onlyThese));
  const [now = '0', before = '0', reached = '0'] = [size(spec), size(old), previous.status?.capacity?.['storage']];
  // What could not be grown may be asked for less, down to what is there: shrinking nobody does.
  if (compareQuantities(now, before) < 0 && compareQuantities(now, reached) <= 0) {
    const detail = 'field can not be less than status.capacity';
    causes.push(forbiddenField('spec.resources.requests.storage', detail));
  }
  if (spec.volumeMode !== old.volumeMode) causes.push(invalidValue('volumeMode', spec.volumeMode, immutable));
  return [...causes, ...keptAttributes(next, previous)];
}

const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** Whoever named the class by the annotation may name the same by the field; whoever named none, any. */
function mayNameClass(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): boolean {
  if (previous.spec?.storageClassName !== undefined || next.spec?.storageClassName === undefined) return false;
  const old = previous.metadata.annotations?.[classAnnotation];
  return old === undefined || next.spec.storageClassName === old;
}

function fixedClass(next: PersistentVolumeClaim, previous: PersistentVolumeClaim): StatusCause[] {
  const [now, old] = [next, previous].map(({ metadata }) => metadata.annotations?.[classAnnotation]);
  if ((now ?? '') === (old ?? '')) return [];
  // The field may take over from the annotation, which goes then.
  if (old !== undefined && now === undefined && mayNameClass(next, previous)) return [];
  return [invalidValue(`metadata.annotations.${classAnnotation}`, now ?? '', immutable)];
}

/** What the volume has been given it keeps, or gets another. */
function keptAttributes({ spec }: PersistentVolumeClaim, previous: PersistentVolumeClaim): StatusCause[] {
  const now = spec?.volumeAttributesClassName;
  if (now === previous.spec?.volumeAttributesClassName || now) return [];
  if (previous.status?.currentVolumeAttributesClassName === undefined) return [];
  const what = now === undefined ? 'nil' : 'empty string';
  const why = `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`;
  return [forbiddenField('spec.volumeAttributesClassName', why)];
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
    causes.push(...validateSize(amount, at('status.capacity', name)));
  }
  const statuses = 'status.allocatedResourceStatus';
  for (const [name, text] of Object.entries(status?.allocatedResourceStatuses ?? {})) {
    causes.push(...wrongResource(name, statuses));
    if (!resizing.includes(text)) causes.push(notSupported(statuses, name, resizing));
  }
  for (const [name, amount] of Object.entries(status?.allocatedResources ?? {})) {
    const wrong = wrongResource(name, 'status.allocatedResources');
    causes.push(...wrong);
    if (wrong.length === 0) causes.push(...validateSize(amount, at('status.allocatedResources', name)));
  }
  return causes;
}

function validateSize(amount: string, path: string): StatusCause[] {
  if ((readQuantity(amount)?.nanos ?? 0n) >= 0n) return [];
  return [invalidValue(path, wholeValue(amount), 'must be a valid resource quantity')];
}

function wrongResource(name: string, path: string): StatusCause[] {
  const wrong = wrongQualifiedName(name).map((message) => invalidValue(path, name, message));
  return wrong.length === 0 && isNative(name) && name !== 'storage' ? [notSupported(path, name, ['storage'])] : wrong;
}
