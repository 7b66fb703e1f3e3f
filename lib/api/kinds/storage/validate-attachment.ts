// Whether a VolumeAttachment may be stored. Pure. Rule: storage validation, ValidateVolumeAttachment and ...V1.
import { child, forbiddenField, invalidValue, notSupported, type Path, required, tooLong } from '../../field-errors.ts';
import { wrongDns1123Subdomain } from '../../names.ts';
import type { PersistentVolumeSpec } from '../../types/core.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { VolumeAttachment, VolumeAttachmentSource, VolumeError } from '../../types/storage.v1.ts';
import { isSame } from '../equal.ts';
import { immutable } from '../metadata.ts';
import { accessModes } from './modes.ts';
import { validateDriverName } from './validate-csi.ts';
import { validateCsi } from './volume-sources.ts';

const mostMetadata = 256 * 1024;
const longestMessage = 1024;

export function validateAttachment(attachment: VolumeAttachment): StatusCause[] {
  const { attacher, source } = attachment.spec ?? {};
  const name = source?.persistentVolumeName;
  const wrong = name === undefined ? [] : wrongDns1123Subdomain(name);
  return [
    ...validate(attachment),
    ...validateDriverName(attacher, 'spec.attacher'),
    ...wrong.map((message) => invalidValue('spec.source.persistentVolumeName', name, message)),
  ];
}

export function validateAttachmentUpdate(next: VolumeAttachment, previous: VolumeAttachment): StatusCause[] {
  const causes = validate(next);
  return isSame(next.spec, previous.spec) ? causes : [...causes, invalidValue('spec', next.spec, immutable)];
}

function validate({ spec, status }: VolumeAttachment): StatusCause[] {
  const node = spec?.nodeName ?? '';
  const { attachmentMetadata = {}, attachError, detachError } = status ?? {};
  const entries = Object.entries(attachmentMetadata);
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return [
    ...(spec?.attacher ? [] : [required('spec.attacher')]),
    ...validateSource(spec?.source ?? {}, 'spec.source'),
    ...wrongDns1123Subdomain(node).map((message) => invalidValue('spec.nodeName', node, message)),
    ...(bytes > mostMetadata ? [tooLong('status.attachmentMetadata', mostMetadata)] : []),
    ...validateError(attachError, 'status.attachError'),
    ...validateError(detachError, 'status.detachError'),
  ];
}

function validateSource({ persistentVolumeName: name, inlineVolumeSpec }: VolumeAttachmentSource, path: Path) {
  const why = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (inlineVolumeSpec === undefined) {
    if (name === undefined) return [required(path, why)];
    const field = child(path, 'persistentVolumeName');
    return name === '' ? [required(field, 'must specify non empty persistentVolumeName')] : [];
  }
  if (name !== undefined) return [forbiddenField(path, why)];
  return validateInline(inlineVolumeSpec, child(path, 'inlineVolumeSpec'));
}

const onlyOfVolumes = 'may not be specified in the context of inline volumes';

/** A volume that a pod has of its own has no claim, and nobody provisions it. */
function validateInline(spec: PersistentVolumeSpec, path: Path): StatusCause[] {
  const { accessModes: modes = [], persistentVolumeReclaimPolicy: policy, volumeMode, csi } = spec;
  const forbid = (name: 'claimRef' | 'capacity' | 'nodeAffinity' | 'storageClassName') =>
    spec[name] === undefined || isSame(spec[name], {}) || spec[name] === ''
      ? []
      : [forbiddenField(child(path, name), onlyOfVolumes)];
  const field = child(path, 'accessModes');
  const elsewhere = 'in the context of inline volumes';
  return [
    ...forbid('claimRef'),
    ...forbid('capacity'),
    ...(csi === undefined ? [required(child(path, 'csi'), `has to be specified ${elsewhere}`)] : []),
    ...(modes.length === 0 ? [required(field)] : []),
    ...modes.filter((mode) => !accessModes.includes(mode)).map((mode) => notSupported(field, mode, accessModes)),
    ...(policy && policy !== 'Retain'
      ? [forbiddenField(child(path, 'persistentVolumeReclaimPolicy'), `may only be Retain ${elsewhere}`)]
      : []),
    ...forbid('nodeAffinity'),
    ...(csi === undefined ? [] : validateCsi(csi, child(path, 'csi'))),
    ...forbid('storageClassName'),
    ...(volumeMode !== undefined && volumeMode !== 'Filesystem'
      ? [forbiddenField(child(path, 'volumeMode'), `may not specify volumeMode other than Filesystem ${elsewhere}`)]
      : []),
  ];
}

function validateError(error: VolumeError | undefined, path: Path): StatusCause[] {
  const { message = '', errorCode: code = 0 } = error ?? {};
  return [
    ...(message.length > longestMessage ? [tooLong(child(path, 'message'), mostMetadata)] : []),
    ...(code < 0 ? [invalidValue(child(path, 'errorCode'), code, 'must be between 0 and 2147483647, inclusive')] : []),
  ];
}
