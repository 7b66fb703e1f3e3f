import { createClient } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { ClusterPki } from '#lib/pki/cluster.ts';
import type { ApiServer } from './apiserver/apiserver.ts';
import type { ServerFacts } from './options.ts';

export interface ComponentsOptions {
  readonly apiServer: ApiServer;
  readonly facts: ServerFacts;
  readonly pki: ClusterPki;
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs the scheduler and the controllers until `signal` is aborted. Loaded only now: the API server answers already. */
export async function runComponents({ apiServer, clock, log }: ComponentsOptions, signal: AbortSignal): Promise<void> {
  const [{ createInformers }, { startScheduler }] = await Promise.all([
    import('./controllers/informers.ts'),
    import('./scheduler/main.ts'),
  ]);
  const clientAs = (name: string, groups: readonly string[] = []) =>
    createClient(apiServer.transportAs({ name, groups }), { userAgent: name });
  const informers = createInformers({ client: clientAs('system:kube-controller-manager'), clock, log }, signal);
  await startScheduler({ client: clientAs('system:kube-scheduler'), informers, clock, log }, signal);
}
