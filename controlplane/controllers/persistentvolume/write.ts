import { persistentVolumeClaims, persistentVolumes } from '#lib/api/resources.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { betaStorageProvisioner, storageProvisioner } from '../../volumes/annotations.ts';
import { tiedClaim, tiedVolume } from '../../volumes/tie.ts';

export type VolumeState = Pick<PersistentVolume['status'] & object, 'phase' | 'message' | 'reason'>;

export interface Writer {
  /** Ties both, step by step: each step stands when the next one fails, and is not done twice. */
  bind(volume: PersistentVolume, claim: PersistentVolumeClaim, signal: AbortSignal): Promise<void>;
  claimPhase(claim: PersistentVolumeClaim, phase: 'Pending' | 'Lost', signal: AbortSignal): Promise<void>;
  wantProvisioner(claim: PersistentVolumeClaim, provisioner: string, signal: AbortSignal): Promise<void>;
  volumePhase(volume: PersistentVolume, state: VolumeState, signal: AbortSignal): Promise<PersistentVolume>;
}

/** Writes nothing that stands there already. */
export function createWriter(client: Client): Writer {
  async function volumePhase(volume: PersistentVolume, state: VolumeState, signal: AbortSignal) {
    const { phase, message, reason } = volume.status ?? {};
    if (phase === state.phase && message === state.message && reason === state.reason) return volume;
    const { message: _message, reason: _reason, ...rest } = volume.status ?? {};
    const next = { ...volume, status: { ...rest, ...state } };
    return await client.update(persistentVolumes, next, signal, { subresource: 'status' });
  }

  async function claimBound(claim: PersistentVolumeClaim, { spec }: PersistentVolume, signal: AbortSignal) {
    const { phase, accessModes, capacity } = claim.status ?? {};
    const same = JSON.stringify([accessModes, capacity]) === JSON.stringify([spec.accessModes, spec.capacity]);
    // A size that grew since is for those who made it grow.
    if (phase === 'Bound' && (same || capacity !== undefined)) return;
    const status = {
      ...claim.status,
      phase: 'Bound' as const,
      accessModes: spec.accessModes,
      capacity: spec.capacity,
      ...(spec.volumeAttributesClassName ? { currentVolumeAttributesClassName: spec.volumeAttributesClassName } : {}),
    };
    await client.update(persistentVolumeClaims, { ...claim, status }, signal, { subresource: 'status' });
  }

  return {
    async bind(volume, claim, signal) {
      const tied = tiedVolume(volume, claim);
      const first = tied === undefined ? volume : await client.update(persistentVolumes, tied, signal);
      const bound = await volumePhase(first, { phase: 'Bound' }, signal);
      const named = tiedClaim(claim, bound);
      const second = named === undefined ? claim : await client.update(persistentVolumeClaims, named, signal);
      await claimBound(second, bound, signal);
    },
    async claimPhase(claim, phase, signal) {
      if (claim.status?.phase === phase) return;
      const { accessModes: _modes, capacity: _capacity, ...rest } = claim.status ?? {};
      const status = phase === 'Pending' ? { ...rest, phase } : { ...claim.status, phase };
      await client.update(persistentVolumeClaims, { ...claim, status }, signal, { subresource: 'status' });
    },
    async wantProvisioner(claim, provisioner, signal) {
      const annotations = claim.metadata.annotations ?? {};
      if (annotations[storageProvisioner] === provisioner) return;
      const both = { [storageProvisioner]: provisioner, [betaStorageProvisioner]: provisioner };
      const metadata = { ...claim.metadata, annotations: { ...annotations, ...both } };
      await client.update(persistentVolumeClaims, { ...claim, metadata }, signal);
    },
    volumePhase,
  };
}
