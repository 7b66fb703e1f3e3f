import {
  at,
  child,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  type Path,
  required,
} from '../../field-errors.ts';
import { wrongDns1123Label } from '../../names.ts';
import type { Volume } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateItems, validateMode, validateNoBackstep } from './validate-paths.ts';
import { validateDownward, validateProjected } from './validate-projected.ts';

/** Rule: core validation ValidateVolumes. */
export function validateVolumes(volumes: readonly Volume[], path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const taken = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const field = at(path, index);
    const name = child(field, 'name');
    causes.push(...validateSource(volume, field));
    if (!volume.name) causes.push(required(name));
    else causes.push(...wrongDns1123Label(volume.name).map((message) => invalidValue(name, volume.name, message)));
    if (taken.has(volume.name)) causes.push(duplicate(name, volume.name));
    taken.add(volume.name);
  }
  return causes;
}

function validateSource(volume: Volume, path: Path): StatusCause[] {
  const given = Object.entries(volume).filter(
    ([key, value]) => key !== 'name' && value !== undefined && value !== null,
  );
  if (given.length === 0) return [required(path, 'must specify a volume type')];
  const more = given
    .slice(1)
    .map(([key]) => forbiddenField(child(path, key), 'may not specify more than 1 volume type'));
  const field = child(path, given[0]![0]);
  return [...validateOne(volume, given[0]![0], field), ...more];
}

function validateOne(volume: Volume, kind: string, path: Path): StatusCause[] {
  switch (kind) {
    case 'emptyDir':
      return validateEmptyDir(volume.emptyDir!, path);
    case 'hostPath':
      return validateHostPath(volume.hostPath!, path);
    case 'secret':
      return [
        ...(volume.secret!.secretName ? [] : [required(child(path, 'secretName'))]),
        ...validateMode(volume.secret!.defaultMode, child(path, 'defaultMode')),
        ...validateItems(volume.secret!.items ?? [], path),
      ];
    case 'configMap':
      return [
        ...(volume.configMap!.name ? [] : [required(child(path, 'name'))]),
        ...validateMode(volume.configMap!.defaultMode, child(path, 'defaultMode')),
        ...validateItems(volume.configMap!.items ?? [], path),
      ];
    case 'persistentVolumeClaim':
      return volume.persistentVolumeClaim!.claimName ? [] : [required(child(path, 'claimName'))];
    case 'nfs':
      return validateNfs(volume.nfs!, path);
    case 'downwardAPI':
      return [
        ...validateMode(volume.downwardAPI!.defaultMode, child(path, 'defaultMode')),
        ...validateDownward(volume.downwardAPI!.items ?? [], path),
      ];
    case 'projected':
      return validateProjected(volume.projected!, path);
    case 'csi':
      return volume.csi!.driver ? [] : [required(child(path, 'driver'))];
    case 'ephemeral':
      return volume.ephemeral!.volumeClaimTemplate === undefined ? [required(child(path, 'volumeClaimTemplate'))] : [];
    case 'image':
      return volume.image!.reference ? [] : [required(child(path, 'reference'))];
    default:
      return [];
  }
}

function validateEmptyDir({ sizeLimit }: NonNullable<Volume['emptyDir']>, path: Path): StatusCause[] {
  if (sizeLimit?.startsWith('-')) {
    return [forbiddenField(child(path, 'sizeLimit'), 'SizeLimit field must be a valid resource quantity')];
  }
  return [];
}

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

export function validateHostPath({ path: host, type }: NonNullable<Volume['hostPath']>, path: Path): StatusCause[] {
  if (!host) return [required(child(path, 'path'))];
  const causes = validateNoBackstep(host, child(path, 'path'));
  if (type !== undefined && !hostPathTypes.includes(type))
    causes.push(notSupported(child(path, 'type'), type, hostPathTypes));
  return causes;
}

export function validateNfs({ server, path: exported }: NonNullable<Volume['nfs']>, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!server) causes.push(required(child(path, 'server')));
  if (!exported) causes.push(required(child(path, 'path')));
  else if (!exported.startsWith('/'))
    causes.push(invalidValue(child(path, 'path'), exported, 'must be an absolute path'));
  return causes;
}
