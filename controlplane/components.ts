import { createClient } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { ClusterPki } from '#lib/pki/cluster.ts';
import type { ApiServer } from './apiserver/apiserver.ts';
import { createJwt } from './apiserver/authentication/jwt.ts';
import { legacyClaims } from './apiserver/authentication/legacy-token.ts';
import type { TokenSecretsOptions } from './controllers/serviceaccounttoken/controller.ts';
import type { ServerFacts } from './options.ts';

export interface ComponentsOptions {
  readonly apiServer: ApiServer;
  readonly facts: ServerFacts;
  readonly pki: ClusterPki;
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs the scheduler and the controllers until `signal` is aborted. Loaded only now: the API server answers already. */
export async function runComponents(
  { apiServer, facts, pki, clock, log }: ComponentsOptions,
  signal: AbortSignal,
): Promise<void> {
  const [{ createInformers }, { startControllers }, { startScheduler }] = await Promise.all([
    import('./controllers/informers.ts'),
    import('./controllers/main.ts'),
    import('./scheduler/main.ts'),
  ]);
  const clientAs = (name: string, groups: readonly string[] = []) =>
    createClient(apiServer.transportAs({ name, groups }), { userAgent: name });
  const informers = createInformers({ client: clientAs('system:kube-controller-manager'), clock, log }, signal);
  const accounts = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'];
  const clientFor = (name: string) => clientAs(`system:serviceaccount:kube-system:${name}`, accounts);
  const options = { informers, clock, log };
  const { clusterCIDR } = facts;
  const jwt = createJwt(pki.serviceAccount);
  const tokenSecrets: TokenSecretsOptions = {
    client: clientAs('system:kube-controller-manager'),
    rootCa: pki.ca.cert,
    tokenFor: (account, secret) => jwt.sign(legacyClaims(account, secret)),
  };
  await Promise.all([
    startScheduler({ ...options, client: clientAs('system:kube-scheduler') }, signal),
    startControllers(
      {
        ...options,
        clientFor,
        tokenSecrets,
        authority: pki.ca,
        rootCa: pki.ca.cert,
        clusterCidrs: clusterCIDR.split(','),
      },
      signal,
    ),
  ]);
}
