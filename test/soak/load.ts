// What a cluster has to do while its certificates are replaced: reads, writes, watches, and ways through to the kubelets.
import { setTimeout as delay } from 'node:timers/promises';
import { configMaps, nodes, pods } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { type Client, createClient } from '#lib/client/client.ts';
import { createHttpTransport, type HttpTransport } from '#lib/client/http-transport.ts';
import { readKubeconfig } from '#lib/client/kubeconfig.ts';
import type { Clock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { isReady } from '../../vagrant/lab/cluster.ts';
import type { LabLayout } from '../../vagrant/lab/layout.ts';

export interface LoadOptions {
  readonly layout: LabLayout;
  readonly lifetimeMs: number;
  /** Clients of each kind. */
  readonly workers: number;
  readonly clock: Clock;
}

export interface Load {
  readonly requests: ReadonlyMap<string, Tally>;
  /** When a node was less than Ready, and why. */
  readonly notReady: readonly string[];
}

export interface Tally {
  done: number;
  readonly failed: string[];
}

/** Asks until `signal` is aborted; each request to its end. */
export async function runLoad({ layout, lifetimeMs, workers, clock }: LoadOptions, signal: AbortSignal): Promise<Load> {
  const requests = new Map<string, Tally>();
  const notReady: string[] = [];
  using steady = await steadyTransport(layout.kubeconfig, clock);
  const client = createClient(steady, { userAgent: 'skiff-soak' });
  const { items } = await client.list(pods, { namespace: 'default' }, soon());
  const all = (kind: string, ask: (worker: number, round: number) => Promise<void>) =>
    Array.from({ length: workers }, (_, worker) => repeat(kind, (round) => ask(worker, round)));

  await Promise.all([
    ...all('API over one connection', async (_worker, round) => {
      await client.list(nodes, {}, soon());
      if (round % 20 === 0) await delay(5);
    }),
    ...all('API, a connection each', () => afresh((fresh) => fresh.get(nodes, { name: 'node1' }, soon()))),
    ...all('writes', (worker, round) => write(client, `soak-${worker}`, round)),
    ...all('logs, by way of kubelets', async (worker, round) => logOf(client, items[(worker + round) % items.length]!)),
    repeat('pods come and go', (round) => comeAndGo(client, round)),
    repeat('nodes are Ready', async () => {
      for (const node of (await client.list(nodes, {}, soon())).items) {
        if (!isReady(node)) notReady.push(`${new Date(clock.now()).toISOString()} ${node.metadata.name}`);
      }
      await delay(500);
    }),
    renewOften(),
  ]);
  return { requests, notReady };

  async function repeat(kind: string, ask: (round: number) => Promise<void>): Promise<void> {
    const tally = requests.get(kind) ?? { done: 0, failed: [] };
    requests.set(kind, tally);
    for (let round = 0; !signal.aborted; round++) {
      try {
        await ask(round);
        tally.done++;
      } catch (error) {
        tally.failed.push(error instanceof Error ? error.message : String(error));
        await delay(100);
      }
      await delay(10);
    }
  }

  /** As a person's tool does: it reads the kubeconfig, asks once, and ends. */
  async function afresh(ask: (client: Client) => Promise<unknown>): Promise<void> {
    using transport = await steadyTransport(layout.kubeconfig, clock);
    await ask(createClient(transport));
  }

  /** A client that lives on has to read its kubeconfig again in time. */
  async function renewOften(): Promise<void> {
    while (!signal.aborted) {
      await delay(lifetimeMs / 8);
      steady.renew();
    }
  }
}

function soon(): AbortSignal {
  return AbortSignal.timeout(30_000);
}

/** Reads the kubeconfig anew for each connection. */
async function steadyTransport(kubeconfig: string, clock: Clock): Promise<HttpTransport> {
  const { server } = await readKubeconfig(kubeconfig);
  const credentials = async () => (await readKubeconfig(kubeconfig)).credentials();
  return createHttpTransport({ server, credentials, clock, log: createSilentLog() });
}

async function write(client: Client, name: string, round: number): Promise<void> {
  const at = { namespace: 'default', name };
  if (round === 0) await client.create(configMaps, { metadata: at, data: { round: '0' } }, soon());
  const data = { round: String(round) };
  const made = await client.patch(configMaps, at, { type: 'merge', body: { data } }, soon());
  if (made.data?.['round'] !== data.round)
    throw new Error(`A write was lost: ${made.data?.['round']}, not ${data.round}`);
}

async function logOf(client: Client, { metadata: { name } }: Pod): Promise<void> {
  await client.raw('GET', `/api/v1/namespaces/default/pods/${name}/log?tailLines=1`, soon());
}

async function comeAndGo(client: Client, round: number): Promise<void> {
  const at = { namespace: 'default', name: `soak-${round}` };
  const containers = [{ name: 'main', image: 'skiff.local/tools:1', command: ['sleep', '3600'] }];
  await client.create(pods, { metadata: at, spec: { terminationGracePeriodSeconds: 0, containers } }, soon());
  const until = soon();
  while ((await client.get(pods, at, until)).status.phase !== 'Running') await delay(50, undefined, { signal: until });
  await client.raw('GET', `/api/v1/namespaces/default/pods/${at.name}/log`, until);
  await client.delete(pods, at, until);
  await delay(1_000);
}
