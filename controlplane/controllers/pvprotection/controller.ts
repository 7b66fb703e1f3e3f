import { persistentVolumes } from '#lib/api/resources.ts';
import { planFinalizer } from '../pvcprotection/plan.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';

/** Holds volumes that are to be deleted until no claim is bound to them. Rule: Storage Object in Use Protection. */
export async function runPvProtection(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers } = context;
  const volumes = informers.get(persistentVolumes);
  const queue = createQueue('pv-protection-controller', context, reconcile);
  volumes.onChange((now, _before, key) => {
    if (now !== undefined) queue.add(key);
  });
  await runWhenSynced(queue, [volumes], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<undefined> {
    const volume = volumes.get(key);
    if (volume === undefined) return;
    const step = planFinalizer(volume, volume.status?.phase === 'Bound', finalizer);
    if (step === 'keep') return;
    const others = (volume.metadata.finalizers ?? []).filter((one) => one !== finalizer);
    const finalizers = step === 'add' ? [...others, finalizer] : others;
    await client.update(persistentVolumes, { ...volume, metadata: { ...volume.metadata, finalizers } }, signal);
  }
}
const finalizer = 'kubernetes.io/pv-protection';
