import { jobs as resource } from '#lib/api/resources.ts';
import { hasReason } from '#lib/errors.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { expiresInMs, overdueMs } from './plan.ts';

/** Deletes Jobs that have ended as long ago as they say. */
export async function runTtlAfterFinished(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, clock, metrics } = context;
  const jobs = informers.get(resource);
  const lateness = metrics.histogram(
    'ttl_after_finished_controller_job_deletion_duration_seconds',
    'How long after its time a Job was deleted.',
    [],
    Array.from({ length: 14 }, (_, i) => 0.1 * 2 ** i),
  );
  const queue = createQueue('ttl-after-finished-controller', context, reconcile);
  jobs.onChange((now, _before, key) => {
    if (now !== undefined && expiresInMs(now, clock.now()) !== undefined) queue.add(key);
  });
  await runWhenSynced(queue, [jobs], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const job = jobs.get(key);
    const ms = job && expiresInMs(job, clock.now());
    if (job === undefined || ms === undefined || ms > 0) return ms;
    const { namespace, name, uid, resourceVersion } = job.metadata;
    // The version, too: its time to live may have been changed at the last moment.
    const options = { propagationPolicy: 'Background', preconditions: { uid, resourceVersion } };
    await client.delete(resource, { namespace, name }, signal, options).catch((error) => {
      if (!hasReason(error, 'NotFound')) throw error;
    });
    lateness.observe([], overdueMs(job, clock.now()) / 1000);
    return undefined;
  }
}
