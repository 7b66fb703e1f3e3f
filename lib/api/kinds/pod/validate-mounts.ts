// Volumes as containers see them: as folders, or as devices. Pure.
// Rule: core validation ValidateVolumeMounts, ValidateVolumeDevices.
import {
  at,
  child,
  forbiddenField,
  invalidValue,
  notFoundValue,
  notSupported,
  type Path,
  required,
} from '../../field-errors.ts';
import type { Container, EphemeralContainer, Volume, VolumeDevice, VolumeMount } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateLocalDescent } from './validate-paths.ts';

type AnyContainer = Container | EphemeralContainer;
type Volumes = ReadonlyMap<string, Volume>;

/** `path`: of the container; `volumes`: those of the pod that are as they should be. */
export function validateMounts(container: AnyContainer, volumes: Volumes, path: Path): StatusCause[] {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const isPrivileged = container.securityContext?.privileged === true;
  return [
    ...validateFolders(volumeMounts, volumeDevices, volumes, isPrivileged, child(path, 'volumeMounts')),
    ...validateDevices(volumeDevices, volumeMounts, volumes, child(path, 'volumeDevices')),
  ];
}

function validateFolders(
  mounts: readonly VolumeMount[],
  devices: readonly VolumeDevice[],
  volumes: Volumes,
  isPrivileged: boolean,
  path: Path,
): StatusCause[] {
  const taken = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const { name, mountPath } = mount;
    const field = at(path, index);
    const where = child(field, 'mountPath');
    const causes = validateName(name, volumes, child(field, 'name'));
    if (!mountPath) causes.push(required(where));
    if (taken.has(mountPath)) causes.push(invalidValue(where, mountPath, 'must be unique'));
    taken.add(mountPath);
    if (devices.some((device) => device.name === name)) {
      causes.push(invalidValue(child(field, 'name'), name, 'must not already exist in volumeDevices'));
    }
    if (devices.some(({ devicePath }) => devicePath === mountPath)) {
      causes.push(invalidValue(where, mountPath, 'must not already exist as a path in volumeDevices'));
    }
    // Of these upstream names the list, not the mount.
    return [...causes, ...validateParts(mount, field, path), ...validatePropagation(mount, isPrivileged, path)];
  });
}

function validateName(name: string | undefined, volumes: Volumes, path: Path): StatusCause[] {
  const causes = name ? [] : [required(path)];
  return volumes.has(name ?? '') ? causes : [...causes, notFoundValue(path, name ?? '')];
}

function validateParts({ subPath, subPathExpr }: VolumeMount, path: Path, list: Path): StatusCause[] {
  const causes = subPath ? validateLocalDescent(subPath, child(list, 'subPath')) : [];
  if (!subPathExpr) return causes;
  if (subPath) {
    const why = 'subPathExpr and subPath are mutually exclusive';
    causes.push(invalidValue(child(path, 'subPathExpr'), subPathExpr, why));
  }
  return [...causes, ...validateLocalDescent(subPathExpr, child(list, 'subPathExpr'))];
}

const propagations = ['Bidirectional', 'HostToContainer', 'None'];
const recursions = ['Disabled', 'Enabled', 'IfPossible'];

function validatePropagation(mount: VolumeMount, isPrivileged: boolean, list: Path): StatusCause[] {
  const { mountPropagation, recursiveReadOnly, readOnly } = mount;
  const causes: StatusCause[] = [];
  const field = child(list, 'mountPropagation');
  if (mountPropagation !== undefined && !propagations.includes(mountPropagation)) {
    causes.push(notSupported(field, mountPropagation, propagations));
  }
  if (mountPropagation === 'Bidirectional' && !isPrivileged) {
    causes.push(forbiddenField(field, 'Bidirectional mount propagation is available only to privileged containers'));
  }
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return causes;
  const where = child(list, 'recursiveReadOnly');
  if (!recursions.includes(recursiveReadOnly)) return [...causes, notSupported(where, recursiveReadOnly, recursions)];
  if (!readOnly) causes.push(forbiddenField(where, 'may only be specified when readOnly is true'));
  if (mountPropagation !== undefined && mountPropagation !== 'None') {
    const why = 'may only be specified when mountPropagation is None or not specified';
    causes.push(forbiddenField(where, why));
  }
  return causes;
}

function validateDevices(
  devices: readonly VolumeDevice[],
  mounts: readonly VolumeMount[],
  volumes: Volumes,
  path: Path,
): StatusCause[] {
  const taken = { names: new Set<string>(), paths: new Set<string>() };
  return devices.flatMap(({ name, devicePath }, index) => {
    const field = child(at(path, index), 'name');
    const where = child(at(path, index), 'devicePath');
    const causes = name ? [] : [required(field)];
    if (taken.names.has(name)) causes.push(invalidValue(field, name, 'must be unique'));
    const volume = volumes.get(name);
    if (volume === undefined) causes.push(notFoundValue(field, name ?? ''));
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      const why = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      causes.push(invalidValue(field, name, why));
    }
    if (!devicePath) causes.push(required(where));
    if (taken.paths.has(devicePath)) causes.push(invalidValue(where, devicePath, 'must be unique'));
    if (devicePath?.split('/').includes('..')) {
      causes.push(invalidValue(where, devicePath, "can not contain backsteps ('..')"));
    } else taken.paths.add(devicePath);
    if (mounts.some((mount) => mount.name === name)) {
      causes.push(invalidValue(field, name, 'must not already exist in volumeMounts'));
    }
    if (mounts.some(({ mountPath }) => mountPath === devicePath)) {
      causes.push(invalidValue(where, devicePath, 'must not already exist as a path in volumeMounts'));
    }
    if (name) taken.names.add(name);
    return causes;
  });
}
