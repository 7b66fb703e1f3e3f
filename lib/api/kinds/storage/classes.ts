// Kinds of storage.k8s.io.
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
import { storageCapacityWarnings, storageClassWarnings } from '../warnings/others.ts';
import { validateAttachment, validateAttachmentUpdate } from './validate-attachment.ts';
import {
  validateAttributesClass,
  validateAttributesClassUpdate,
  validateStorageClass,
  validateStorageClassUpdate,
} from './validate-class.ts';
import {
  validateCapacity,
  validateCapacityUpdate,
  validateDriver,
  validateDriverUpdate,
  validateNode,
  validateNodeUpdate,
} from './validate-csi.ts';

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
  validate: validateStorageClass,
  validateUpdate: validateStorageClassUpdate,
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

export const volumeAttachment: KindParts<VolumeAttachment> = {
  allowsUnconditionalUpdate: false,
  validate: validateAttachment,
  validateUpdate: validateAttachmentUpdate,
  validateStatus: (next, previous) => validateAttachmentUpdate(next, previous),
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
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
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
  validate: validateDriver,
  validateUpdate: validateDriverUpdate,
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
  validate: (object) => validateCapacity(object),
  validateUpdate: validateCapacityUpdate,
  columns: columns(['Name', 'StorageClassName', 'Capacity']),
  row: ({ metadata, storageClassName, capacity }) => [metadata.name, storageClassName, capacity ?? '<unset>'],
};

const classDefault = 'storageclass.kubernetes.io/is-default-class';

export const volumeAttributesClass: KindParts<VolumeAttributesClass> = {
  validate: validateAttributesClass,
  validateUpdate: validateAttributesClassUpdate,
  columns: columns(['Name', 'DriverName', '@Age']),
  row({ metadata, driverName }, nowMs) {
    const isDefault = metadata.annotations?.[classDefault] === 'true';
    return [isDefault ? `${metadata.name} (default)` : metadata.name, driverName, ageOf(metadata, nowMs)];
  },
};
