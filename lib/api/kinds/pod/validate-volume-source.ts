// Where the bytes of one volume of a pod come from. Pure. Rule: core validation validateVolumeSource.
import { child, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import { readQuantity } from '../../quantity.ts';
import type { KeyToPath, Volume } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateClaimTemplate } from '../storage/claim-spec.ts';
import type { PodLeniency } from './leniency.ts';
import { isTooLongForIscsi, tooLongForIscsi, validateFc, validateIscsi } from './network-disks.ts';
import { validateItems, validateLocalDescent, validateMode } from './validate-paths.ts';
import { validateDownward, validateProjected } from './validate-projected.ts';
import {
  needs,
  validateAzureDisk,
  validateDriver,
  validateFlex,
  validateFlocker,
  validateHostPath,
  validateNfs,
  validatePart,
  validateQuobyte,
  validateSecretName,
  validateStorageOs,
} from './volume-sources.ts';

type Kind = Exclude<keyof Volume, 'name'>;
type Source<K extends Kind> = NonNullable<Volume[K]>;
type Rules = { readonly [K in Kind]-?: (source: Source<K>, path: Path, leniency: PodLeniency) => StatusCause[] };

/** In the order in which they are looked at: the first that is there is checked, all others are one too many. */
const rules: Rules = {
  emptyDir({ sizeLimit }, path) {
    if ((readQuantity(sizeLimit ?? '0')?.nanos ?? 0n) >= 0n) return [];
    return [forbiddenField(child(path, 'sizeLimit'), 'SizeLimit field must be a valid resource quantity')];
  },
  hostPath: validateHostPath,
  gitRepo: (source, path) => [
    ...needs(source, ['repository'], path),
    ...validateLocalDescent(source.directory ?? '', child(path, 'directory')),
  ],
  gcePersistentDisk: (source, path) => validatePart(source, 'pdName', path),
  awsElasticBlockStore: (source, path) => validatePart(source, 'volumeID', path),
  secret: (source, path) => [...needs(source, ['secretName'], path), ...validateFiles(source, path)],
  nfs: validateNfs,
  iscsi: (source, path) => validateIscsi(source, path, false),
  glusterfs: (source, path) => needs(source, ['endpoints', 'path'], path),
  flocker: validateFlocker,
  persistentVolumeClaim: (source, path) => needs(source, ['claimName'], path),
  rbd: (source, path) => needs(source, ['monitors', 'image'], path),
  cinder: (source, path) => [
    ...needs(source, ['volumeID'], path),
    ...validateSecretName(source.secretRef, ['name'], path),
  ],
  cephfs: (source, path) => needs(source, ['monitors'], path),
  quobyte: validateQuobyte,
  downwardAPI: ({ defaultMode, items = [] }, path) => [
    ...validateMode(defaultMode, child(path, 'defaultMode')),
    ...validateDownward(items, path),
  ],
  fc: validateFc,
  flexVolume: validateFlex,
  configMap: (source, path) => [...needs(source, ['name'], path), ...validateFiles(source, path)],
  azureFile: (source, path) => needs(source, ['secretName', 'shareName'], path),
  vsphereVolume: (source, path) => needs(source, ['volumePath'], path),
  photonPersistentDisk: (source, path) => needs(source, ['pdID'], path),
  portworxVolume: (source, path) => needs(source, ['volumeID'], path),
  azureDisk: validateAzureDisk,
  storageos: (source, path) => [
    ...validateStorageOs(source, path),
    ...validateSecretName(source.secretRef, ['name'], path),
  ],
  projected: validateProjected,
  scaleIO: (source, path) => needs(source, ['gateway', 'system', 'volumeName'], path),
  csi: validateCsi,
  ephemeral({ volumeClaimTemplate: template }, path) {
    const field = child(path, 'volumeClaimTemplate');
    return template === undefined ? [required(field)] : validateClaimTemplate(template, field);
  },
  image: (source, path) => [
    ...needs(source, ['reference'], path),
    ...validatePullPolicy(source.pullPolicy, child(path, 'pullPolicy')),
  ],
};

/** Names under which upstream speaks of some: of their content, and of their being there. */
const shownContent: Readonly<Record<string, string>> = { gcePersistentDisk: 'persistentDisk' };
const shownWhole: Readonly<Record<string, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' };

export function validateVolumeSource(volume: Volume, path: Path, leniency: PodLeniency): StatusCause[] {
  const given = (Object.keys(rules) as Kind[]).filter((kind) => volume[kind] !== undefined && volume[kind] !== null);
  const [first, ...more] = given;
  if (first === undefined) return [required(path, 'must specify a volume type')];
  const rule = rules[first] as (source: unknown, path: Path, leniency: PodLeniency) => StatusCause[];
  const causes = [...rule(volume[first], child(path, shownContent[first] ?? first), leniency)];
  for (const kind of more) {
    causes.push(forbiddenField(child(path, shownWhole[kind] ?? kind), 'may not specify more than 1 volume type'));
  }
  if (volume.iscsi && isTooLongForIscsi(volume.iscsi, volume.name)) {
    causes.push(invalidValue(child(path, 'name'), volume.name, tooLongForIscsi));
  }
  return causes;
}

interface Files {
  readonly defaultMode?: number | undefined;
  readonly items?: readonly KeyToPath[] | undefined;
}

function validateFiles({ defaultMode, items = [] }: Files, path: Path): StatusCause[] {
  return [...validateMode(defaultMode, child(path, 'defaultMode')), ...validateItems(items, path)];
}

function validateCsi({ driver, nodePublishSecretRef: secret }: Source<'csi'>, path: Path): StatusCause[] {
  const causes = validateDriver(driver, child(path, 'driver'));
  if (secret === undefined) return causes;
  if (!secret.name) return [...causes, required(child(path, 'nodePublishSecretRef', 'name'))];
  const wrong = wrongDns1123Subdomain(secret.name);
  return [...causes, ...wrong.map((message) => invalidValue(child(path, 'name'), secret.name, message))];
}

const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

export function validatePullPolicy(policy: string | undefined, path: Path): StatusCause[] {
  if (!policy) return [required(path)];
  return pullPolicies.includes(policy) ? [] : [notSupported(path, policy, pullPolicies)];
}
