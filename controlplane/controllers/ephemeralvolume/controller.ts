import { persistentVolumeClaims, pods as podResource } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { controllerOf } from '../shared/owners.ts';
import { planClaims } from './plan.ts';

/** Makes the claims that pods ask for as part of themselves. Rule: Generic ephemeral volumes. */
export async function runEphemeralVolumes(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, events, metrics } = context;
  const claims = informers.get(persistentVolumeClaims);
  const pods = informers.get(podResource);
  const tries = metrics.counter('ephemeral_volume_controller_create_total', 'Claims that were asked for.', []);
  const failures = metrics.counter(
    'ephemeral_volume_controller_create_failures_total',
    'Claims that were asked for in vain.',
    [],
  );
  for (const counter of [tries, failures]) counter.add([], 0); // seen from the start
  const queue = createQueue('ephemeral-volume-controller', context, reconcile);
  pods.onChange((now, _before, key) => {
    if (now !== undefined && planClaims(now).length > 0) queue.add(key);
  });
  claims.onChange((now, before) => {
    const owner = now === undefined && before !== undefined ? controllerOf(before) : undefined;
    if (owner?.kind === 'Pod') queue.add(`${before!.metadata.namespace}/${owner.name}`);
  });
  await runWhenSynced(queue, [claims, pods], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<undefined> {
    const pod = pods.get(key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return;
    for (const { volume, ...claim } of planClaims(pod)) {
      const name = `${pod.metadata.namespace}/${claim.metadata.name}`;
      const known = claims.get(name);
      if (known !== undefined) {
        if (controllerOf(known)?.uid !== pod.metadata.uid)
          refuse(pod, volume, `PVC ${name} was not created for pod ${key} (pod is not owner)`);
        continue;
      }
      tries.add([]);
      try {
        await client.create(persistentVolumeClaims, claim, signal);
      } catch (error) {
        failures.add([]);
        if (hasReason(error, 'AlreadyExists')) continue; // its event brings this key back if it is another's
        refuse(pod, volume, `create PVC ${name}: ${(error as Error).message}`);
        throw error;
      }
    }
  }

  function refuse(pod: Pod, volume: string, why: string): void {
    const message = `ephemeral volume ${volume}: ${why}`;
    events.record(referenceTo(podResource, pod), 'Warning', 'FailedBinding', message);
  }
}
