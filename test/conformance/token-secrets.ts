import { keyOf } from '#lib/api/resource.ts';
import { secrets, serviceAccounts } from '#lib/api/resources.ts';
import type { ServiceAccount } from '#lib/api/types/core.v1.ts';
import { connect } from '#lib/client/connect.ts';
import { createInformer } from '#lib/client/informer.ts';
import { createClock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { createSilentLog } from '#lib/log.ts';

/**
 * Gives every service account a token Secret, as clusters did before v1.24 (KEP-2799): v1.20's framework waits for one in
 * each namespace that it makes, before any spec begins. Somebody with such old clients would do the same by hand.
 */
export async function provideTokenSecrets(kubeconfig: string, signal: AbortSignal): Promise<void> {
  await using connection = await connect(kubeconfig, { userAgent: 'skiff-conformance' });
  const { client } = connection;
  const informer = createInformer({ client, resource: serviceAccounts, clock: createClock(), log: createSilentLog() });
  informer.onChange((now) => {
    if (now !== undefined && (now.secrets ?? []).length === 0 && now.metadata.deletionTimestamp === undefined) {
      give(now).catch((error) => {
        if (signal.aborted || hasReason(error, 'NotFound', 'Forbidden', 'Conflict', 'AlreadyExists')) return;
        process.stderr.write(`Cannot give a Secret to service account ${keyOf(now)}: ${error}\n`);
      });
    }
  });
  await informer.run(signal);

  async function give({ metadata }: ServiceAccount): Promise<void> {
    const { namespace, uid } = metadata;
    const name = `${metadata.name}-token-${(uid ?? '').slice(0, 5)}`;
    const annotations = {
      'kubernetes.io/service-account.name': metadata.name,
      'kubernetes.io/service-account.uid': uid ?? '',
    };
    const secret = { metadata: { name, namespace, annotations }, type: 'kubernetes.io/service-account-token' };
    await client.create(secrets, secret, signal).catch((error) => {
      if (!hasReason(error, 'AlreadyExists')) throw error;
    });
    const body = { metadata: { uid }, secrets: [{ name }] };
    await client.patch(serviceAccounts, { namespace, name: metadata.name }, { type: 'strategic', body }, signal);
  }
}
