import { secrets as secretResource } from '#lib/api/resources.ts';
import { hasReason } from '#lib/errors.ts';
import { factsOfSecret, lifeLeftMs } from '#lib/join/token.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { tokenInformer } from '../shared/tokens.ts';

/** Deletes bootstrap tokens when they expire. Rule: upstream's tokencleaner controller. */
export async function runTokenCleaner(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, clock, log } = context;
  const secrets = tokenInformer(context);
  const queue = createQueue('token-cleaner', context, reconcile, { workers: 1 });
  secrets.onChange((now, _before, key) => now !== undefined && queue.add(key));
  await Promise.all([secrets.run(signal), runWhenSynced(queue, [secrets], signal)]);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const secret = secrets.get(key);
    const facts = secret && factsOfSecret(secret);
    if (secret === undefined || facts?.expiresMs === undefined) return undefined;
    const leftMs = lifeLeftMs(facts, clock.now());
    if (leftMs > 0) return leftMs;
    const { namespace, name, uid } = secret.metadata;
    await client.delete(secretResource, { namespace, name }, signal, { preconditions: { uid } }).catch((error) => {
      if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
    });
    log.info('Deleted an expired token', { token: facts.token.id });
    return undefined;
  }
}
