import { rm } from 'node:fs/promises';
import { persistentVolumes } from '#lib/api/resources.ts';
import type { PersistentVolume } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { provisionedBy } from '../../volumes/annotations.ts';
import type { ControllerContext } from '../shared/context.ts';
import type { Writer } from './write.ts';

export type Reclaim = 'keep' | 'delete' | 'recycle';

/** Does with a volume whose claim is gone what its policy says. Rule: Persistent Volumes, "Reclaiming". */
export function createReclaimer({ client, events, log }: ControllerContext, write: Writer) {
  function fail(volume: PersistentVolume, reason: string, message: string, signal: AbortSignal): Promise<unknown> {
    events.record(referenceTo(persistentVolumes, volume), 'Warning', reason, message);
    return write.volumePhase(volume, { phase: 'Failed', message }, signal);
  }

  return async function reclaim(volume: PersistentVolume, policy: Reclaim, signal: AbortSignal): Promise<undefined> {
    const { name, uid } = volume.metadata;
    if (volume.status?.phase === 'Failed') return;
    const released = await write.volumePhase(volume, { phase: 'Released' }, signal);
    if (policy === 'keep') return;
    if (policy === 'recycle') {
      await fail(released, 'VolumeFailedRecycle', `No recycler plugin found for the volume!`, signal);
      return;
    }
    // What a provisioner made it also takes away.
    if (released.spec.csi !== undefined || isExternal(released)) return;
    const wrong = await remove(released);
    if (wrong !== undefined) {
      await fail(released, 'VolumeFailedDelete', wrong, signal);
      return;
    }
    log.info('Deleted a volume', { volume: name });
    await client.delete(persistentVolumes, { name }, signal, { preconditions: { uid } }).catch((error) => {
      if (!hasReason(error, 'NotFound')) throw error;
    });
  };
}

function isExternal({ metadata }: PersistentVolume): boolean {
  const by = metadata.annotations?.[provisionedBy];
  return by !== undefined && !by.startsWith('kubernetes.io/');
}

/** Why the content cannot be removed; undefined: it is. Only what lies in /tmp, as upstream's host path deleter does it. */
async function remove({ metadata, spec }: PersistentVolume): Promise<string | undefined> {
  const { hostPath } = spec;
  if (hostPath === undefined) {
    return `error getting deleter volume plugin for volume ${JSON.stringify(metadata.name)}: no deletable volume plugin matched`;
  }
  const isInside = /^\/tmp\/[^/]/.test(hostPath.path) && !hostPath.path.split('/').includes('..');
  if (!isInside) return `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}`;
  await rm(hostPath.path, { recursive: true, force: true });
  return undefined;
}
