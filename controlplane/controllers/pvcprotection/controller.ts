import { keyOf } from '#lib/api/resource.ts';
import { persistentVolumeClaims, pods as podResource } from '#lib/api/resources.ts';
import type { PersistentVolumeClaim, Pod } from '#lib/api/types/core.v1.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { claimsOf, planFinalizer } from './plan.ts';

/** Holds claims that are to be deleted until no pod on a node uses them. Rule: Storage Object in Use Protection. */
export async function runPvcProtection(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers } = context;
  const claims = informers.get(persistentVolumeClaims);
  const pods = informers.get(podResource);
  const queue = createQueue('pvc-protection-controller', context, reconcile);
  claims.onChange((now, _before, key) => {
    if (now !== undefined && planFinalizer(now, false) !== 'keep') queue.add(key);
  });
  pods.onChange((now, before) => {
    // Only what no longer uses a claim can let it go.
    const isLeaving = now === undefined || now.metadata.deletionTimestamp !== undefined;
    if (!isLeaving) return;
    const pod = (now ?? before)!;
    for (const name of claimsOf(pod)) queue.add(`${pod.metadata.namespace}/${name}`);
  });
  await runWhenSynced(queue, [claims, pods], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<undefined> {
    const claim = claims.get(key);
    if (claim === undefined) return;
    const namespace = claim.metadata.namespace ?? '';
    const known = pods.byIndex('namespace', namespace);
    let step = planFinalizer(claim, isUsed(claim, known));
    if (step === 'remove') {
      // The informer may be late, and there is no way back: the server is asked.
      const { items } = await client.list(podResource, { namespace }, signal);
      step = planFinalizer(claim, isUsed(claim, items));
    }
    if (step === 'keep') return;
    const others = (claim.metadata.finalizers ?? []).filter((one) => one !== finalizer);
    const finalizers = step === 'add' ? [...others, finalizer] : others;
    await client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, finalizers } }, signal);
  }
}
const finalizer = 'kubernetes.io/pvc-protection';

function isUsed(claim: PersistentVolumeClaim, pods: readonly Pod[]): boolean {
  return pods.some((pod) => {
    if (!pod.spec.nodeName || !claimsOf(pod).includes(claim.metadata.name)) return false;
    return keyOf(claim) === `${pod.metadata.namespace}/${claim.metadata.name}`;
  });
}
