import { podCertificateRequests as resource } from '#lib/api/resources.ts';
import { hasReason } from '#lib/errors.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { staysMs } from './plan.ts';

/** Deletes requests for certificates of pods when nobody needs them any more. */
export async function runPodCertificateRequestCleaner(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, clock } = context;
  const requests = informers.get(resource);
  const queue = createQueue('podcertificaterequestcleaner-controller', context, reconcile);
  requests.onChange((now, before, key) => {
    if (now !== undefined && before === undefined) queue.add(key);
  });
  await runWhenSynced(queue, [requests], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const request = requests.get(key);
    if (request === undefined) return undefined;
    const { namespace, name, uid } = request.metadata;
    const leftMs = staysMs(request, clock.now());
    if (leftMs > 0) return leftMs;
    await client.delete(resource, { namespace, name }, signal, { preconditions: { uid } }).catch((error) => {
      if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
    });
    return undefined;
  }
}
