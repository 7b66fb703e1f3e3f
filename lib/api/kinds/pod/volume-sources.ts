// Drivers of volumes that pods and persistent volumes name alike. Pure.
// Rule: core validation, the validate…VolumeSource of each; those of persistent volumes ask for a little more.
import {
  at,
  child,
  invalidValue,
  notSupported,
  notSupportedInOrder,
  type Path,
  required,
  tooLong,
} from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain } from '../../names.ts';
import type {
  AzureDiskVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  HostPathVolumeSource,
  NFSVolumeSource,
  QuobyteVolumeSource,
  StorageOSVolumeSource,
} from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateNoBackstep } from './validate-paths.ts';

/** Each of `fields` of `source` must say something. */
export function needs(source: object, fields: readonly string[], path: Path): StatusCause[] {
  const has = (field: string) => {
    const value = (source as Readonly<Record<string, unknown>>)[field];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== '';
  };
  return fields.filter((field) => !has(field)).map((field) => required(child(path, field)));
}

/** A reference that is there names something. */
export function validateSecretName(secret: object | undefined, fields: readonly string[], path: Path): StatusCause[] {
  return secret === undefined ? [] : needs(secret, fields, child(path, 'secretRef'));
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

export function validateHostPath({ path: host, type }: HostPathVolumeSource, path: Path): StatusCause[] {
  if (!host) return [required(child(path, 'path'))];
  const causes = validateNoBackstep(host, child(path, 'path'));
  if (type === undefined || hostPathTypes.includes(type)) return causes;
  return [...causes, notSupported(child(path, 'type'), type, hostPathTypes)];
}

export function validateNfs(source: NFSVolumeSource, path: Path): StatusCause[] {
  const causes = needs(source, ['server', 'path'], path);
  if (source.path?.startsWith('/')) return causes;
  return [...causes, invalidValue(child(path, 'path'), source.path ?? '', 'must be an absolute path')];
}

/** A disk of a cloud, and which part of it. */
export function validatePart(source: object, name: string, path: Path): StatusCause[] {
  const { partition = 0 } = source as { readonly partition?: number };
  const causes = needs(source, [name], path);
  if (partition >= 0 && partition <= 255) return causes;
  return [...causes, invalidValue(child(path, 'partition'), partition, 'must be between 1 and 255, inclusive')];
}

export function validateFlocker({ datasetName, datasetUUID }: FlockerVolumeSource, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  if (!datasetName && !datasetUUID) causes.push(required(path, 'one of datasetName and datasetUUID is required'));
  if (datasetName && datasetUUID) {
    causes.push(invalidValue(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  }
  if (datasetName?.includes('/')) {
    causes.push(invalidValue(child(path, 'datasetName'), datasetName, "must not contain '/'"));
  }
  return causes;
}

export function validateQuobyte({ registry, tenant = '', volume }: QuobyteVolumeSource, path: Path): StatusCause[] {
  const causes: StatusCause[] = [];
  const pairs = 'must be a host:port pair or multiple pairs separated by commas';
  const field = child(path, 'registry');
  if (!registry) causes.push(required(field, pairs));
  else if (tenant.length >= 65) {
    causes.push(required(child(path, 'tenant'), 'must be a UUID and may not exceed a length of 64 characters'));
  } else {
    const wrong = registry.split(',').filter((pair) => !/^(\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/.test(pair));
    causes.push(...wrong.map(() => invalidValue(field, registry, pairs)));
  }
  return volume ? causes : [...causes, required(child(path, 'volume'))];
}

/** Options whose names are Kubernetes' own are not the user's to set. */
export function validateFlex({ driver, options = {} }: FlexVolumeSource, path: Path): StatusCause[] {
  const causes = driver ? [] : [required(child(path, 'driver'))];
  const taken = Object.keys(options).filter((key) =>
    /\.(kubernetes|k8s)\.io$/.test(`.${key.split('/')[0]!.toLowerCase()}`),
  );
  const why = 'kubernetes.io and k8s.io namespaces are reserved';
  return [...causes, ...taken.map((key) => invalidValue(at(child(path, 'options'), key), key, why))];
}

const cachingModes = ['None', 'ReadOnly', 'ReadWrite'];
const diskKinds = ['Dedicated', 'Managed', 'Shared'];
const managedUri = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const blobUri = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

export function validateAzureDisk(source: AzureDiskVolumeSource, path: Path): StatusCause[] {
  const causes = needs(source, ['diskName', 'diskURI'], path);
  const { cachingMode, kind, diskURI = '' } = source;
  if (cachingMode !== undefined && !cachingModes.includes(cachingMode)) {
    causes.push(notSupported(child(path, 'cachingMode'), cachingMode, cachingModes));
  }
  if (kind === undefined) return causes;
  if (!diskKinds.includes(kind)) causes.push(notSupported(child(path, 'kind'), kind, diskKinds));
  const [start, form] = kind === 'Managed' ? ['/subscriptions/', managedUri] : ['https://', blobUri];
  if (!diskURI.startsWith(start)) causes.push(notSupportedInOrder(child(path, 'diskURI'), diskURI, [form]));
  return causes;
}

export function validateStorageOs(source: Omit<StorageOSVolumeSource, 'secretRef'>, path: Path): StatusCause[] {
  const causes = needs(source, ['volumeName'], path);
  for (const name of ['volumeName', 'volumeNamespace'] as const) {
    const value = source[name];
    if (!value) continue;
    causes.push(...wrongDns1123Label(value).map((message) => invalidValue(child(path, name), value, message)));
  }
  return causes;
}

const longestDriver = 63;

/** Rule: ValidateCSIDriverName. */
export function validateDriver(driver = '', field: Path): StatusCause[] {
  return [
    ...(driver === '' ? [required(field)] : []),
    ...(driver.length > longestDriver ? [tooLong(field, longestDriver)] : []),
    ...wrongDns1123Subdomain(driver.toLowerCase()).map((message) => invalidValue(field, driver, message)),
  ];
}
