import type { Volume } from '../../types/core.v1.ts';
import type { Mutable } from '../object.ts';
import { defaultClaimSpec } from '../storage/claim.ts';
import { pullPolicyOf } from './container-defaults.ts';

const defaultMode = 0o644;

/** A volume without a source is an empty directory. */
export function defaultVolume(volume: Mutable<Volume>): void {
  if (!sources(volume)) volume.emptyDir = {};
  if (volume.secret) volume.secret.defaultMode ??= defaultMode;
  if (volume.configMap) volume.configMap.defaultMode ??= defaultMode;
  if (volume.hostPath) volume.hostPath.type ??= '';
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= defaultMode;
    for (const { fieldRef } of volume.downwardAPI.items ?? []) if (fieldRef) fieldRef.apiVersion ||= 'v1';
  }
  if (volume.image) volume.image.pullPolicy ||= pullPolicyOf(volume.image.reference ?? '');
  if (volume.ephemeral?.volumeClaimTemplate) {
    const template = volume.ephemeral.volumeClaimTemplate;
    defaultClaimSpec((template.spec ??= {}));
  }
  defaultProjected(volume);
  defaultOlderSources(volume);
}

function sources(volume: Mutable<Volume>): boolean {
  return Object.entries(volume).some(([key, value]) => key !== 'name' && value !== undefined && value !== null);
}

function defaultProjected({ projected }: Mutable<Volume>): void {
  if (!projected) return;
  projected.defaultMode ??= defaultMode;
  for (const { serviceAccountToken, downwardAPI } of projected.sources ?? []) {
    if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= 3600;
    for (const { fieldRef } of downwardAPI?.items ?? []) if (fieldRef) fieldRef.apiVersion ||= 'v1';
  }
}

/** Of drivers that pods and persistent volumes name alike. */
export function defaultOlderSources(volume: Mutable<Pick<Volume, 'azureDisk'>> & Older): void {
  const { iscsi, rbd, azureDisk, scaleIO } = volume;
  if (iscsi) iscsi.iscsiInterface ||= 'default';
  if (rbd) {
    rbd.pool ||= 'rbd';
    rbd.user ||= 'admin';
    rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (azureDisk) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.kind ??= 'Shared';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
  }
  if (scaleIO) {
    scaleIO.storageMode ||= 'ThinProvisioned';
    scaleIO.fsType ||= 'xfs';
  }
}

interface Older {
  iscsi?: { iscsiInterface?: string | undefined } | undefined;
  rbd?: { pool?: string | undefined; user?: string | undefined; keyring?: string | undefined } | undefined;
  scaleIO?: { storageMode?: string | undefined; fsType?: string | undefined } | undefined;
}
