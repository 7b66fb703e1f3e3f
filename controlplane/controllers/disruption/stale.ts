import { pods as podResource } from '#lib/api/resources.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { hasReason } from '#lib/errors.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { staleInMs } from './stale-plan.ts';

/** Takes back what a pod's condition says of its disruption, where none came about. */
export async function runStaleDisruptions(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, clock, log } = context;
  const pods = informers.get(podResource);
  const queue = createQueue('stale-pod-disruption', context, reconcile, { workers: 1 });
  pods.onChange((now, _before, key) => {
    if (now !== undefined && staleInMs(now, clock.now()) !== undefined) queue.add(key);
  });
  await runWhenSynced(queue, [pods], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const pod = pods.get(key);
    const leftMs = pod && staleInMs(pod, clock.now());
    if (pod === undefined || leftMs === undefined || leftMs > 0) return leftMs;
    await reset(pod, signal);
    log.info('Took back a disruption that did not come about', { pod: key });
    return undefined;
  }

  async function reset({ metadata: { namespace, name, uid } }: Pod, signal: AbortSignal): Promise<void> {
    const lastTransitionTime = timestamp(clock.now());
    const condition = { type: 'DisruptionTarget', status: 'False', reason: null, message: null, lastTransitionTime };
    const body = { metadata: { uid }, status: { conditions: [condition] } };
    const options = { subresource: 'status' };
    await client
      .patch(podResource, { namespace, name }, { type: 'strategic', body }, signal, options)
      .catch((error) => {
        if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
      });
  }
}
