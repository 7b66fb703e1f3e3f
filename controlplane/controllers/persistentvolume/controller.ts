// Ties claims and volumes to each other, and decides what becomes of volumes whose claims are gone.
// One worker for both: two claims never look at the same volume at once, and CAS holds against everybody else.
import { type KubeObject, keyOf, splitKey } from '#lib/api/resource.ts';
import { persistentVolumeClaims, persistentVolumes, pods as podResource, storageClasses } from '#lib/api/resources.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { untiedVolume } from '../../volumes/tie.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { addVolumeMetrics } from './metrics.ts';
import { planClaim, type Told } from './plan-claim.ts';
import { planVolume } from './plan-volume.ts';
import { createReclaimer } from './reclaim.ts';
import { createWriter } from './write.ts';

export async function runPersistentVolumes(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, events } = context;
  const claims = informers.get(persistentVolumeClaims);
  const volumes = informers.get(persistentVolumes);
  const classes = informers.get(storageClasses);
  const pods = informers.get(podResource);
  addVolumeMetrics(context.metrics, volumes, claims);
  const queue = createQueue('persistentvolume-binder', context, reconcile, { workers: 1 });
  const write = createWriter(client);
  const reclaim = createReclaimer(context, write);

  claims.onChange((now, before, key) => {
    queue.add(`claim/${key}`);
    const name = (now ?? before)?.spec.volumeName;
    if (name) queue.add(`volume/${name}`);
  });
  volumes.onChange((now, before, key) => {
    queue.add(`volume/${key}`);
    const { claimRef } = (now ?? before)!.spec;
    if (claimRef?.name) queue.add(`claim/${claimRef.namespace}/${claimRef.name}`);
    if (now?.status?.phase === 'Available' && before?.status?.phase !== 'Available') addUnbound();
  });
  classes.onChange(addUnbound);
  await runWhenSynced(queue, [claims, volumes, classes, pods], signal);

  function addUnbound(): void {
    for (const claim of claims.list()) if (claim.status?.phase !== 'Bound') queue.add(`claim/${keyOf(claim)}`);
  }

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const [kind, rest] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
    if (kind === 'volume') return await syncVolume(rest, signal);
    return await syncClaim(rest, signal);
  }

  async function syncClaim(key: string, signal: AbortSignal): Promise<number | undefined> {
    const claim = claims.get(key);
    if (claim === undefined) return undefined;
    const step = planClaim({
      claim,
      volumes: volumes.list(),
      volumeNamed: (name) => volumes.get(name),
      classNamed: (name) => classes.get(name),
      waitingPods: waitingPods(claim),
    });
    switch (step.do) {
      case 'bind':
        await write.bind(step.volume, claim, signal);
        return undefined;
      case 'lose':
        tell(claim, step.tell);
        await write.claimPhase(claim, 'Lost', signal);
        return undefined;
      case 'provision':
        await write.wantProvisioner(claim, step.provisioner, signal);
        tell(claim, step.tell);
        return againMs;
      case 'wait':
        tell(claim, step.tell);
        await write.claimPhase(claim, 'Pending', signal);
        return againMs;
    }
  }

  function tell(claim: PersistentVolumeClaim, told: Told | undefined): void {
    if (told === undefined) return;
    events.record(referenceTo(persistentVolumeClaims, claim), told.type, told.reason, told.message);
  }

  function waitingPods({ metadata }: PersistentVolumeClaim): readonly string[] {
    return pods
      .byIndex('namespace', metadata.namespace ?? '')
      .filter((pod) => !pod.spec.nodeName)
      .filter((pod) => pod.spec.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === metadata.name))
      .map((pod) => pod.metadata.name);
  }

  async function syncVolume(name: string, signal: AbortSignal): Promise<number | undefined> {
    const volume = volumes.get(name);
    if (volume === undefined) return undefined;
    const claim = await claimOf(volume, signal);
    const step = planVolume(volume, claim);
    switch (step.do) {
      case 'phase':
        await write.volumePhase(volume, { phase: step.phase }, signal);
        return undefined;
      case 'untie':
        await write.volumePhase(
          await client.update(persistentVolumes, untiedVolume(volume), signal),
          { phase: 'Available' },
          signal,
        );
        return undefined;
      case 'release':
        return await reclaim(volume, step.reclaim, signal);
      case 'leave-to-claim':
        queue.add(`claim/${keyOf(claim as KubeObject)}`);
        return undefined;
      case 'nothing':
        return undefined;
    }
  }

  /** The very claim that the volume names. What the informer does not show may be new: the server is asked. */
  async function claimOf({ spec }: PersistentVolume, signal: AbortSignal): Promise<PersistentVolumeClaim | undefined> {
    const { claimRef } = spec;
    if (!claimRef?.uid) return undefined;
    const key = `${claimRef.namespace}/${claimRef.name}`;
    const known = claims.get(key);
    if (known?.metadata.uid === claimRef.uid) return known;
    try {
      const found = await client.get(persistentVolumeClaims, splitKey(key), signal);
      return found.metadata.uid === claimRef.uid ? found : undefined;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}
const againMs = 15_000;
