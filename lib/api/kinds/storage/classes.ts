// Kinds of storage.k8s.io.
import { at, child, forbiddenField, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongQualifiedName } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../../types/storage.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { isSame } from '../equal.ts';
import { immutable } from '../metadata.ts';
import { storageCapacityWarnings, storageClassWarnings } from '../warnings/others.ts';

const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

export const storageClass: KindParts<StorageClass> = {
  warnings: storageClassWarnings,
  defaults(object) {
    object.reclaimPolicy ??= 'Delete';
    object.volumeBindingMode ??= 'Immediate';
  },
  validate: validateClass,
  validateUpdate(next, previous) {
    const causes = validateClass(next);
    for (const field of ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const) {
      if (isSame(next[field], previous[field])) continue;
      const detail = `updates to ${field} are forbidden.`;
      causes.push(
        field === 'volumeBindingMode' ? invalidValue(field, next[field], immutable) : forbiddenField(field, detail),
      );
    }
    return causes;
  },
  columns: columns(['Name', 'Provisioner', 'ReclaimPolicy', 'VolumeBindingMode', 'AllowVolumeExpansion', '@Age']),
  row({ metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion }, nowMs) {
    const isDefault = defaultAnnotations.some((key) => metadata.annotations?.[key] === 'true');
    return [
      isDefault ? `${metadata.name} (default)` : metadata.name,
      provisioner,
      reclaimPolicy ?? 'Delete',
      volumeBindingMode ?? 'Immediate',
      allowVolumeExpansion ?? false,
      ageOf(metadata, nowMs),
    ];
  },
};

function validateClass({ provisioner, reclaimPolicy, volumeBindingMode }: StorageClass): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!provisioner) causes.push(required('provisioner', provisioner ?? ''));
  else
    causes.push(
      ...wrongQualifiedName(provisioner.toLowerCase()).map((message) =>
        invalidValue('provisioner', provisioner, message),
      ),
    );
  if (reclaimPolicy && !['Delete', 'Retain'].includes(reclaimPolicy)) {
    causes.push(notSupported('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain']));
  }
  if (volumeBindingMode === undefined) causes.push(required('volumeBindingMode'));
  else if (!['Immediate', 'WaitForFirstConsumer'].includes(volumeBindingMode)) {
    causes.push(notSupported('volumeBindingMode', volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']));
  }
  return causes;
}

export const volumeAttachment: KindParts<VolumeAttachment> = {
  allowsUnconditionalUpdate: false,
  validate({ spec }) {
    const causes: StatusCause[] = [];
    if (!spec?.attacher) causes.push(required('spec.attacher'));
    if (!spec?.nodeName) causes.push(required('spec.nodeName'));
    const { persistentVolumeName, inlineVolumeSpec } = spec?.source ?? {};
    if (persistentVolumeName === undefined && inlineVolumeSpec === undefined) {
      causes.push(required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
    }
    return causes;
  },
  validateUpdate: (next, previous) =>
    isSame(next.spec, previous.spec) ? [] : [invalidValue('spec', next.spec, immutable)],
  columns: columns(['Name', 'Attacher', 'PV', 'Node', '?Attached', '@Age']),
  row: ({ metadata, spec, status }, nowMs) => [
    metadata.name,
    spec?.attacher ?? '',
    spec?.source?.persistentVolumeName ?? '',
    spec?.nodeName ?? '',
    status?.attached ?? false,
    ageOf(metadata, nowMs),
  ],
};

export const csiNode: KindParts<CSINode> = {
  allowsUnconditionalUpdate: false,
  validate: ({ spec }) =>
    (spec?.drivers ?? []).flatMap(({ name, nodeID }, index) => {
      const field = at('spec.drivers', index);
      return [...(name ? [] : [required(child(field, 'name'))]), ...(nodeID ? [] : [required(child(field, 'nodeID'))])];
    }),
  columns: columns(['Name', '#Drivers', '@Age']),
  row: ({ metadata, spec }, nowMs) => [metadata.name, (spec?.drivers ?? []).length, ageOf(metadata, nowMs)],
};

export const csiDriver: KindParts<CSIDriver> = {
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  columns: columns([
    'Name',
    '?AttachRequired',
    '?PodInfoOnMount',
    '?StorageCapacity',
    'TokenRequests',
    '?RequiresRepublish',
    'Modes',
    '@Age',
  ]),
  row({ metadata, spec }, nowMs) {
    const audiences = spec?.tokenRequests?.map(({ audience }) => audience).join(',');
    return [
      metadata.name,
      spec?.attachRequired ?? true,
      spec?.podInfoOnMount ?? false,
      spec?.storageCapacity ?? false,
      audiences ?? '<unset>',
      spec?.requiresRepublish ?? false,
      (spec?.volumeLifecycleModes ?? []).join(',') || '<none>',
      ageOf(metadata, nowMs),
    ];
  },
};

export const csiStorageCapacity: KindParts<CSIStorageCapacity> = {
  warnings: storageCapacityWarnings,
  allowsUnconditionalUpdate: false,
  validate: ({ storageClassName }) => (storageClassName ? [] : [required('storageClassName')]),
  columns: columns(['Name', 'StorageClassName', 'Capacity']),
  row: ({ metadata, storageClassName, capacity }) => [metadata.name, storageClassName, capacity ?? '<unset>'],
};

const classDefault = 'storageclass.kubernetes.io/is-default-class';

export const volumeAttributesClass: KindParts<VolumeAttributesClass> = {
  validate: ({ driverName }) => (driverName ? [] : [required('driverName')]),
  validateUpdate(next, previous) {
    const fields = (['driverName', 'parameters'] as const).filter((field) => !isSame(next[field], previous[field]));
    return fields.map((field) => invalidValue(field, next[field], immutable));
  },
  columns: columns(['Name', 'DriverName', '@Age']),
  row({ metadata, driverName }, nowMs) {
    const isDefault = metadata.annotations?.[classDefault] === 'true';
    return [isDefault ? `${metadata.name} (default)` : metadata.name, driverName, ageOf(metadata, nowMs)];
  },
};
