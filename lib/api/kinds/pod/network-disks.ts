// Disks over the network: iSCSI and Fibre Channel. Pure. Rule: core validation validateISCSIVolumeSource, validateFCVolumeSource.
import { child, invalidValue, type Path, required } from '../../field-errors.ts';
import type { FCVolumeSource, ISCSIPersistentVolumeSource, ISCSIVolumeSource } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { needs } from './volume-sources.ts';

const range = 'must be between 0 and 255, inclusive';

/** `isPersistent`: persistent volumes get another word for a name of a wrong kind. */
export function validateIscsi(
  source: ISCSIVolumeSource | ISCSIPersistentVolumeSource,
  path: Path,
  isPersistent: boolean,
): StatusCause[] {
  const { iqn, lun = 0, initiatorName } = source;
  const causes = needs(source, ['targetPortal', 'iqn'], path);
  if (iqn) causes.push(...validateName(iqn, child(path, 'iqn'), isPersistent));
  if (lun < 0 || lun > 255) causes.push(invalidValue(child(path, 'lun'), lun, range));
  const needsSecret = source.chapAuthDiscovery === true || source.chapAuthSession === true;
  if (needsSecret && source.secretRef === undefined) causes.push(required(child(path, 'secretRef')));
  if (isPersistent && source.secretRef !== undefined && !source.secretRef.name) {
    causes.push(required(child(path, 'secretRef', 'name')));
  }
  if (initiatorName !== undefined)
    causes.push(...validateName(initiatorName, child(path, 'initiatorname'), isPersistent));
  return causes;
}

/** With an initiator of its own, a volume's name and portal become one name, which has a limit. */
export function isTooLongForIscsi(source: ISCSIVolumeSource | ISCSIPersistentVolumeSource, volume: string): boolean {
  return source.initiatorName !== undefined && `${volume}:${source.targetPortal ?? ''}`.length > 64;
}
export const tooLongForIscsi =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

const forms = {
  iqn: /iqn\.\d{4}-\d{2}\.([0-9A-Za-z.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[0-9A-Za-z]{16}$/,
  naa: /^naa.[0-9A-Za-z]{32}$/,
};

function validateName(name: string, field: Path, isPersistent: boolean): StatusCause[] {
  const [, form] = Object.entries(forms).find(([start]) => name.startsWith(start)) ?? [];
  if (form?.test(name)) return [];
  const of = form === undefined && !isPersistent ? ' starting with iqn, eui, or naa' : '';
  return [invalidValue(field, name, `must be valid format${of}`)];
}

export function validateFc({ targetWWNs = [], wwids = [], lun }: FCVolumeSource, path: Path): StatusCause[] {
  const field = child(path, 'targetWWNs');
  const causes: StatusCause[] = [];
  if (targetWWNs.length === 0 && wwids.length === 0) {
    causes.push(required(field, 'must specify either targetWWNs or wwids, but not both'));
  }
  if (targetWWNs.length > 0 && wwids.length > 0) {
    causes.push(invalidValue(field, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  }
  if (targetWWNs.length === 0) return causes;
  const where = child(path, 'lun');
  if (lun === undefined) return [...causes, required(where, 'lun is required if targetWWNs is specified')];
  return lun >= 0 && lun <= 255 ? causes : [...causes, invalidValue(where, lun, range)];
}
