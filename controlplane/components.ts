import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Client, createClient } from '#lib/client/client.ts';
import type { ElectionTimes } from '#lib/client/election/plan.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { serverNames } from '#lib/pki/cluster.ts';
import type { ApiServer } from './apiserver/apiserver.ts';
import { createJwt } from './apiserver/authentication/jwt.ts';
import { legacyClaims } from './apiserver/authentication/legacy-token.ts';
import { type Certificates, namesOf } from './certificates.ts';
import type { CloudProvider } from './cloud/provider.ts';
import type { TokenSecretsOptions } from './controllers/serviceaccounttoken/controller.ts';
import type { ServerFacts } from './options.ts';
import type { SchedulerConfiguration } from './scheduler/config/types.ts';

export interface ComponentsOptions {
  readonly apiServer: ApiServer;
  readonly certificates: Certificates;
  /** One of several servers: scheduler and controllers work while they hold their Lease. */
  readonly election?: { readonly times?: ElectionTimes };
  readonly scheduler?: SchedulerConfiguration;
  readonly cloud?: CloudProvider;
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs the scheduler and the controllers until `signal` is aborted. Loaded only now: the API server answers already. */
export async function runComponents(options: ComponentsOptions, signal: AbortSignal): Promise<void> {
  const { apiServer, certificates, clock, log } = options;
  const { metrics } = apiServer;
  const [facts, pki] = [certificates.facts(), certificates.current()];
  const [{ createInformers, informersUntil }, { startControllers }, { startScheduler }] = await Promise.all([
    import('./controllers/informers.ts'),
    import('./controllers/main.ts'),
    import('./scheduler/main.ts'),
  ]);
  const clientAs = (name: string, groups: readonly string[] = []) =>
    createClient(apiServer.transportAs({ name, groups }), { userAgent: name });
  const informers = createInformers({ client: clientAs('system:kube-controller-manager'), clock, log }, signal);
  const accounts = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'];
  const clientFor = (name: string) => clientAs(`system:serviceaccount:kube-system:${name}`, accounts);
  const { clusterCIDR, signingDurationMs: lifetimeMs, ownNode } = facts;
  const rootCa = { current: () => certificates.current().ca.cert, onChange: certificates.onChange };
  const jwt = createJwt(pki.serviceAccount);
  const tokenSecrets: TokenSecretsOptions = {
    client: clientAs('system:kube-controller-manager'),
    rootCa,
    tokenFor: (account, secret) => jwt.sign(legacyClaims(account, secret)),
  };
  const elected = electedBy(options, (name) => clientAs(`system:${name}`));
  await Promise.all([
    elected('kube-scheduler', (signal) =>
      startScheduler(
        {
          informers: informersUntil(informers, signal),
          client: clientAs('system:kube-scheduler'),
          ...(options.scheduler === undefined ? {} : { configuration: options.scheduler }),
          clock,
          log,
          metrics,
        },
        signal,
      ),
    ),
    elected('kube-controller-manager', (signal) =>
      startControllers(
        {
          informers: informersUntil(informers, signal),
          clientFor,
          tokenSecrets,
          certificates: {
            authority: () => certificates.current().ca,
            lifetimeMs,
            reserved: () => reservedNames(certificates.facts()),
            ownNode,
          },
          rootCa,
          clusterCidrs: clusterCIDR.split(','),
          clock,
          log,
          metrics,
        },
        signal,
      ),
    ),
    ...(options.cloud === undefined ? [] : [runCloud(options.cloud)]),
  ]).catch((error) => {
    if (!signal.aborted) throw error;
  });

  async function runCloud(provider: CloudProvider): Promise<void> {
    const { startCloud } = await import('./cloud/main.ts');
    await elected('cloud-controller-manager', (signal) => {
      const about = { informers: informersUntil(informers, signal), clientFor, clock, log };
      return startCloud(provider, clusterCIDR.split(','), about, signal);
    });
  }

  /** Does `work` until the end, or whenever and as long as this server is the one elected for it. */
  function electedBy(
    { election }: ComponentsOptions,
    clientOf: (name: string) => Client,
  ): (name: string, work: (signal: AbortSignal) => Promise<void>) => Promise<void> {
    if (election === undefined) return (_name, work) => work(signal);
    const masterStatus = metrics.gauge('leader_election_master_status', '1 where this process holds the lease.', [
      'name',
    ]);
    const identity = `${hostname()}_${randomUUID()}`;
    return async (name, work) => {
      const { runElected } = await import('#lib/client/election/elect.ts');
      masterStatus.set([name], 0);
      const onLeading = (isLeading: boolean) => masterStatus.set([name], isLeading ? 1 : 0);
      const about = { ...election, client: clientOf(name), name, identity, onLeading, clock, log };
      await runElected(about, work, signal);
    };
  }
}

/** What no node but that of the control plane's own machine may serve as. */
function reservedNames(facts: ServerFacts): readonly string[] {
  return serverNames({ names: namesOf(facts), serviceAddress: facts.serviceAddress, domain: facts.clusterDomain });
}
