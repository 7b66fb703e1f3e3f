import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { ServerOptions } from '../../options.ts';
import { lateDecisionsCounted } from '../authorization/metrics.ts';
import type { Late } from '../handler.ts';

/** Who is asked outside, as the options name them. Their files are read at once: a server with a mistake in them does not start. */
export async function openOutside(
  {
    authorizationWebhook,
    authenticationWebhook,
  }: Pick<ServerOptions, 'authorizationWebhook' | 'authenticationWebhook'>,
  metrics: Metrics,
  about: { readonly clock: Clock; readonly log: Log },
): Promise<Omit<Late, 'audiences'>> {
  if (authorizationWebhook === undefined && authenticationWebhook === undefined) return {};
  const { createAskRemote } = await import('./ask-remote.ts');
  const askerFor = (kubeconfig: string) => createAskRemote(kubeconfig, about.clock);
  const { askMeasured } = await import('../authorization/webhook-metrics.ts');
  const { createWebhookAuthorizer } = await import('../authorization/webhook.ts');
  const { createWebhookAuthenticator } = await import('../authentication/webhook.ts');
  return {
    ...(authorizationWebhook && {
      authorize: lateDecisionsCounted(
        named,
        createWebhookAuthorizer({
          ...authorizationWebhook,
          ...about,
          ask: askMeasured(named, await askerFor(authorizationWebhook.kubeconfig), metrics),
        }),
        metrics,
      ),
    }),
    ...(authenticationWebhook && {
      authenticate: createWebhookAuthenticator({
        ...authenticationWebhook,
        ...about,
        ask: await askerFor(authenticationWebhook.kubeconfig),
      }),
    }),
  };
}

/** As upstream calls the one that it is given by a flag. */
const named = 'default';
