import { podCertificateRequests as resource } from '#lib/api/resources.ts';
import { hasReason } from '#lib/errors.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';

/** Deletes requests for certificates of pods a quarter of an hour after they were made, whatever came of them: who asked has
 * read the answer by then, or will ask again. Rule: podcertificaterequestcleaner. */
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
    const { namespace, name, uid, creationTimestamp = '' } = request.metadata;
    const leftMs = Date.parse(creationTimestamp) + keptMs - clock.now();
    if (leftMs > 0) return leftMs;
    await client.delete(resource, { namespace, name }, signal, { preconditions: { uid } }).catch((error) => {
      if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
    });
    return undefined;
  }
}
const keptMs = 15 * 60_000;
