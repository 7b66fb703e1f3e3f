// Where the bytes of a volume lie. Pure. Rule: core validation ValidatePersistentVolumeSpec.
import { child, invalidValue, type Path, required, tooLong } from '../../field-errors.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import type { PersistentVolume } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { validateNoBackstep } from '../pod/validate-paths.ts';
import { validateHostPath, validateNfs } from '../pod/validate-volumes.ts';

type Spec = NonNullable<PersistentVolume['spec']>;

export function validateVolumeSource(spec: Spec, kind: string, path: Path): StatusCause[] {
  switch (kind) {
    case 'hostPath':
      return validateHostPath(spec.hostPath!, path);
    case 'nfs':
      return validateNfs(spec.nfs!, path);
    case 'local':
      return validateLocal(spec, path);
    case 'csi':
      return validateCsi(spec.csi!, path);
    case 'iscsi':
      return validateIscsi(spec.iscsi!, path);
    case 'fc':
      return validateFc(spec.fc!, path);
    default:
      return [];
  }
}

function validateLocal({ local, nodeAffinity }: Spec, path: Path): StatusCause[] {
  const field = child(path, 'path');
  const causes = local?.path ? validateNoBackstep(local.path, field) : [required(field)];
  if (nodeAffinity === undefined)
    causes.push(required(child('spec', 'nodeAffinity'), 'Local volume requires node affinity'));
  return causes;
}

const secrets = [
  'controllerPublishSecretRef',
  'nodePublishSecretRef',
  'controllerExpandSecretRef',
  'nodeExpandSecretRef',
] as const;
const longestDriver = 63;

function validateCsi(source: NonNullable<Spec['csi']>, path: Path): StatusCause[] {
  const causes = validateDriver(source.driver, child(path, 'driver'));
  if (!source.volumeHandle) causes.push(required(child(path, 'volumeHandle')));
  for (const name of secrets) {
    const secret = source[name];
    if (secret === undefined) continue;
    if (!secret.name) causes.push(required(child(path, name, 'name')));
    if (!secret.namespace) causes.push(required(child(path, name, 'namespace')));
  }
  return causes;
}

function validateDriver(driver: string | undefined, field: Path): StatusCause[] {
  if (!driver) return [required(field)];
  const wrong = wrongDns1123Subdomain(driver.toLowerCase()).map((message) => invalidValue(field, driver, message));
  return driver.length > longestDriver ? [tooLong(field, longestDriver), ...wrong] : wrong;
}

const iqnForm = 'must be valid format starting with iqn, eui, or naa';

function validateIscsi(
  { targetPortal, iqn, lun, initiatorName, ...rest }: NonNullable<Spec['iscsi']>,
  path: Path,
): StatusCause[] {
  const causes: StatusCause[] = [];
  const checkName = (name: string, field: Path) => {
    if (!isIscsiName(name)) causes.push(invalidValue(field, name, iqnForm));
  };
  if (!targetPortal) causes.push(required(child(path, 'targetPortal')));
  if (!iqn) causes.push(required(child(path, 'iqn')));
  else checkName(iqn, child(path, 'iqn'));
  if ((lun ?? 0) < 0 || (lun ?? 0) > 255) {
    causes.push(invalidValue(child(path, 'lun'), lun, 'must be between 0 and 255, inclusive'));
  }
  const needsSecret = rest.chapAuthDiscovery === true || rest.chapAuthSession === true;
  if (needsSecret && rest.secretRef === undefined) causes.push(required(child(path, 'secretRef')));
  if (initiatorName !== undefined) checkName(initiatorName, child(path, 'initiatorname'));
  return causes;
}

function isIscsiName(name: string): boolean {
  return /^(iqn\.\d{4}-\d{2}\.([0-9A-Za-z][-0-9A-Za-z]*\.?)*[0-9A-Za-z](:.+)?|eui\.[0-9A-Fa-f]{16}|naa\.[0-9A-Fa-f]{32})$/.test(
    name,
  );
}

function validateFc({ targetWWNs = [], wwids = [], lun }: NonNullable<Spec['fc']>, path: Path): StatusCause[] {
  const field = child(path, 'targetWWNs');
  if (targetWWNs.length === 0 && wwids.length === 0) {
    return [required(field, 'must specify either targetWWNs or wwids, but not both')];
  }
  if (targetWWNs.length > 0 && wwids.length > 0) {
    return [invalidValue(field, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously')];
  }
  if (targetWWNs.length === 0) return [];
  if (lun === undefined) return [required(child(path, 'lun'), 'lun is required if targetWWNs is specified')];
  return lun >= 0 && lun <= 255 ? [] : [invalidValue(child(path, 'lun'), lun, 'must be between 0 and 255, inclusive')];
}
