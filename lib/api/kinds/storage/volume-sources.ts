// Where the bytes of a persistent volume lie. Pure. Rule: core validation ValidatePersistentVolumeSpec.
import { child, forbiddenField, invalidValue, type Path, required } from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain } from '../../names.ts';
import type { PersistentVolume, PersistentVolumeSource, SecretReference } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isTooLongForIscsi, tooLongForIscsi, validateFc, validateIscsi } from '../pod/network-disks.ts';
import { validateNoBackstep } from '../pod/validate-paths.ts';
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
} from '../pod/volume-sources.ts';

type Spec = NonNullable<PersistentVolume['spec']>;
type Kind = keyof PersistentVolumeSource;
type Rules = { readonly [K in Kind]-?: (source: NonNullable<Spec[K]>, path: Path, spec: Spec) => StatusCause[] };

const withNamespace = ['name', 'namespace'];

/** In the order in which they are looked at: the first that is there is checked, all others are one too many. */
const rules: Rules = {
  hostPath: validateHostPath,
  gcePersistentDisk: (source, path) => validatePart(source, 'pdName', path),
  awsElasticBlockStore: (source, path) => validatePart(source, 'volumeID', path),
  glusterfs: (source, path) => [
    ...needs(source, ['endpoints', 'path'], path),
    ...validateEndpoints(source.endpointsNamespace, child(path, 'endpointsNamespace')),
  ],
  flocker: validateFlocker,
  nfs: validateNfs,
  rbd: (source, path) => needs(source, ['monitors', 'image'], path),
  quobyte: validateQuobyte,
  cephfs: (source, path) => needs(source, ['monitors'], path),
  iscsi: (source, path) => validateIscsi(source, path, true),
  cinder: (source, path) => [
    ...needs(source, ['volumeID'], path),
    ...validateSecretName(source.secretRef, withNamespace, path),
  ],
  fc: validateFc,
  flexVolume: validateFlex,
  azureFile: (source, path) => [
    ...needs(source, ['secretName', 'shareName'], path),
    ...(source.secretNamespace === '' ? [required(child(path, 'secretNamespace'))] : []),
  ],
  vsphereVolume: (source, path) => needs(source, ['volumePath'], path),
  photonPersistentDisk: (source, path) => needs(source, ['pdID'], path),
  portworxVolume: (source, path) => needs(source, ['volumeID'], path),
  azureDisk: validateAzureDisk,
  scaleIO: (source, path) => needs(source, ['gateway', 'system', 'volumeName'], path),
  local: ({ path: folder }, path, { nodeAffinity }) => [
    ...(folder ? validateNoBackstep(folder, child(path, 'path')) : [required(child(path, 'path'))]),
    ...(nodeAffinity === undefined ? [required('spec.nodeAffinity', 'Local volume requires node affinity')] : []),
  ],
  storageos: (source, path) => [
    ...validateStorageOs(source, path),
    ...validateSecretName(source.secretRef, withNamespace, path),
  ],
  csi: validateCsi,
};

const kinds = Object.keys(rules) as Kind[];
/** Names under which upstream speaks of some: of their content, and of their being there. */
const shownContent: Readonly<Record<string, string>> = { gcePersistentDisk: 'persistentDisk' };
const shownWhole: Readonly<Record<string, string>> = { cephfs: 'cephFS' };

/** Those of the fields of `spec` that say where the bytes lie. */
export function volumeSourceOf(spec: Spec): PersistentVolumeSource {
  return Object.fromEntries(kinds.filter((kind) => spec[kind]).map((kind) => [kind, spec[kind]]));
}

export function validateVolumeSources(spec: Spec, name: string, path: Path): StatusCause[] {
  const [first, ...more] = kinds.filter((kind) => spec[kind]);
  if (first === undefined) return [required(path, 'must specify a volume type')];
  const rule = rules[first] as (source: unknown, path: Path, spec: Spec) => StatusCause[];
  const causes = [...rule(spec[first], child(path, shownContent[first] ?? first), spec)];
  if (first === 'iscsi' && isTooLongForIscsi(spec.iscsi!, name)) {
    causes.push(invalidValue(child(path, 'iscsi', 'targetportal'), spec.iscsi!.targetPortal, tooLongForIscsi));
  }
  for (const kind of more) {
    if (kind === 'flexVolume') causes.push(...validateFlex(spec.flexVolume!, child(path, kind)));
    else causes.push(forbiddenField(child(path, shownWhole[kind] ?? kind), 'may not specify more than 1 volume type'));
  }
  return causes;
}

function validateEndpoints(namespace: string | undefined, field: Path): StatusCause[] {
  if (namespace === undefined) return [];
  const why = 'if the endpointnamespace is set, it must be a valid namespace name';
  const wrong = namespace === '' ? [why] : wrongDns1123Label(namespace);
  return wrong.map((message) => invalidValue(field, namespace, message));
}

const secrets = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const;

export function validateCsi(source: NonNullable<Spec['csi']>, path: Path): StatusCause[] {
  return [
    ...validateDriver(source.driver, child(path, 'driver')),
    ...needs(source, ['volumeHandle'], path),
    ...secrets.flatMap((name) => (source[name] ? validateSecret(source[name], child(path, name)) : [])),
  ];
}

function validateSecret({ name, namespace }: SecretReference, path: Path): StatusCause[] {
  return [
    ...(name ? [] : [required(child(path, 'name'))]),
    ...wrongDns1123Subdomain(name || 'a').map((message) => invalidValue(child(path, 'name'), name, message)),
    ...(namespace ? [] : [required(child(path, 'namespace'))]),
    ...wrongDns1123Label(namespace || 'a').map((message) => invalidValue(child(path, 'namespace'), namespace, message)),
  ];
}
