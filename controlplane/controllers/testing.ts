// One controller on the real API server, with nothing else that writes: what it alone does can be told.
import { serviceAccounts } from '#lib/api/resources.ts';
import { type Client, createClient } from '#lib/client/client.ts';
import type { Transport } from '#lib/client/transport.ts';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { createMetrics } from '#lib/metrics.ts';
import { startTestServer, type TestServer } from '../testing.ts';
import { createInformers } from './informers.ts';
import { type ControllerContext, contextFor } from './shared/context.ts';

export interface TestControllers extends TestServer {
  /** What the controllers count, as Prometheus reads it. */
  readonly numbers: () => string;
  /** Runs `run` until the server ends. `through` may look at its requests, or hold them. */
  start(
    name: string,
    run: (context: ControllerContext, signal: AbortSignal) => Promise<void>,
    through?: (transport: Transport) => Transport,
  ): void;
  /** Looks until there is something. @throws {Error} after half a minute */
  until<T>(look: () => Promise<T | undefined | false>): Promise<T>;
}

export async function startTestControllers(): Promise<TestControllers> {
  const server = await startTestServer();
  const [clock, log, metrics] = [createClock(), createSilentLog(), createMetrics()];
  const { signal } = server;
  await server.client.create(serviceAccounts, { metadata: { name: 'default', namespace: 'default' } }, signal); // of pods
  return {
    ...server,
    numbers: () => metrics.render(),
    start(name, run, through = (transport) => transport) {
      const client: Client = createClient(through(server.transport), { userAgent: name });
      const informers = createInformers({ client, clock, log }, signal);
      const context = contextFor(name, { clientFor: () => client, informers, clock, log, metrics }, signal);
      void run(context, signal).catch((error) => {
        if (!signal.aborted) throw error;
      });
    },
    async until(look) {
      for (const lastMs = clock.now() + 30_000; ; ) {
        const found = await look();
        if (found !== undefined && found !== false) return found;
        if (clock.now() > lastMs) throw new Error('It has not come about');
        await clock.sleep(10, signal);
      }
    },
  };
}
