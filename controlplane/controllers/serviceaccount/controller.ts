import { namespaces as namespaceResource, serviceAccounts } from '#lib/api/resources.ts';
import { hasReason } from '#lib/errors.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';

/** Sees to it that every namespace has the service account `default`. */
export async function runServiceAccounts(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers } = context;
  const namespaces = informers.get(namespaceResource);
  const accounts = informers.get(serviceAccounts);
  const queue = createQueue('service-account-controller', context, reconcile);

  namespaces.onChange((now, _before, key) => now !== undefined && queue.add(key));
  accounts.onChange((now, before) => {
    if (now === undefined && before?.metadata.name === name) queue.add(before.metadata.namespace ?? '');
  });
  await runWhenSynced(queue, [namespaces, accounts], signal);

  async function reconcile(namespace: string, signal: AbortSignal): Promise<undefined> {
    const phase = namespaces.get(namespace)?.status?.phase;
    if (!namespaces.get(namespace) || phase === 'Terminating' || accounts.get(`${namespace}/${name}`)) return;
    await client.create(serviceAccounts, { metadata: { name, namespace } }, signal).catch(unlessUsual);
  }
}
const name = 'default';

/** It is there already, or its namespace is going. */
function unlessUsual(error: unknown): void {
  if (!hasReason(error, 'AlreadyExists', 'NotFound', 'Forbidden')) throw error;
}
