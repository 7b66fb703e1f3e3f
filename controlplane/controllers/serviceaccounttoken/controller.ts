import { secrets as secretResource, serviceAccounts } from '#lib/api/resources.ts';
import type { Secret, ServiceAccount } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createInformer } from '#lib/client/informer.ts';
import { hasReason } from '#lib/errors.ts';
import type { RootCa } from '../rootca/controller.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { nameAnnotation, planTokenSecret, tokenType } from './plan.ts';

export interface TokenSecretsOptions {
  /** Not a service account: it may read and write every Secret. */
  readonly client: Client;
  readonly rootCa: RootCa;
  /** The token that a Secret holds for an account. */
  tokenFor(account: ServiceAccount, secret: Secret): string;
}

/** Fills Secrets of type kubernetes.io/service-account-token, and takes them away with their account. */
export async function runTokenSecrets(
  { client, rootCa, tokenFor }: TokenSecretsOptions,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const accounts = context.informers.get(serviceAccounts);
  const secrets = createInformer({
    client,
    resource: secretResource,
    fieldSelector: `type=${tokenType}`,
    indexes: { account: (secret) => [accountOf(secret)] },
    clock: context.clock,
    log: context.log,
  });
  const queue = createQueue('tokens-controller', context, reconcile);
  secrets.onChange((now, _before, key) => now !== undefined && queue.add(key));
  accounts.onChange((_now, _before, key) => {
    for (const { metadata } of secrets.byIndex('account', key)) queue.add(`${metadata.namespace}/${metadata.name}`);
  });
  rootCa.onChange(() => {
    for (const { metadata } of secrets.list()) queue.add(`${metadata.namespace}/${metadata.name}`);
  });
  await Promise.all([secrets.run(signal), runWhenSynced(queue, [secrets, accounts], signal)]);

  async function reconcile(key: string, signal: AbortSignal): Promise<undefined> {
    const secret = secrets.get(key);
    if (secret === undefined) return;
    const account = accounts.get(accountOf(secret)) ?? (await ask(secret, signal));
    const plan = planTokenSecret({ secret, account, rootCa: rootCa.current(), tokenFor });
    if (plan.do === 'update') await client.update(secretResource, plan.secret, signal).catch(unlessGone);
    if (plan.do === 'delete') {
      const { name, namespace, uid, resourceVersion } = secret.metadata;
      const preconditions = { uid: uid ?? '', resourceVersion: resourceVersion ?? '' };
      await client.delete(secretResource, { name, namespace }, signal, { preconditions }).catch(unlessGone);
    }
  }

  /** The account may be newer than what the informer has seen. */
  async function ask(secret: Secret, signal: AbortSignal): Promise<ServiceAccount | undefined> {
    const name = secret.metadata.annotations?.[nameAnnotation];
    if (!name) return undefined;
    try {
      return await client.get(serviceAccounts, { namespace: secret.metadata.namespace, name }, signal);
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

function accountOf({ metadata }: Secret): string {
  return `${metadata.namespace}/${metadata.annotations?.[nameAnnotation] ?? ''}`;
}

/** It is gone, or its namespace is going. */
function unlessGone(error: unknown): void {
  if (!hasReason(error, 'NotFound', 'Forbidden')) throw error;
}
