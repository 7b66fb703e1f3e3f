import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { Clock } from '#lib/clock.ts';
import { http } from '#lib/http.ts';
import type { Log } from '#lib/log.ts';
import type { ProxyHealth } from './proxy.ts';

export interface HealthOptions {
  /** 'host:port'. */
  readonly address: string;
  health(): ProxyHealth;
  /** Whether load balancers should still send here: not to a node that is going away. */
  isNodeEligible(): boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Serves /healthz (rules are right and the node stays) and /livez (rules are right) until `signal` is aborted.
 * Rules are right if no change has waited for long. Bodies and ports are kube-proxy's: load balancers ask for them.
 */
export async function serveHealth(options: HealthOptions, signal: AbortSignal): Promise<void> {
  const { address, health, isNodeEligible, clock, log } = options;
  const answer: RequestListener = (request, response) => {
    const path = request.url?.split('?')[0];
    if (path !== '/healthz' && path !== '/livez') {
      response.writeHead(404).end();
      return;
    }
    const nowMs = clock.now();
    const { syncedAtMs, waitingSinceMs } = health();
    const isRight = syncedAtMs !== undefined && (waitingSinceMs === undefined || nowMs - waitingSinceMs < patienceMs);
    const isGood = isRight && (path === '/livez' || isNodeEligible());
    response.writeHead(isGood ? 200 : 503, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' });
    response.end(
      JSON.stringify({
        lastUpdated: new Date(isRight ? nowMs : (syncedAtMs ?? 0)).toISOString(),
        currentTime: new Date(nowMs).toISOString(),
        ...(path === '/healthz' ? { nodeEligible: isNodeEligible() } : {}),
      }),
    );
  };
  await listen(address, answer, signal).catch((error) => {
    // Rules matter more than being asked about them.
    if (!signal.aborted) log.error('Could not serve health', { address, err: error });
  });
}
const patienceMs = 60_000; // twice kube-proxy's sync period

async function listen(address: string, answer: RequestListener, signal: AbortSignal): Promise<void> {
  const colon = address.lastIndexOf(':');
  const server = http.createServer({ requestTimeout: 10_000 }, answer);
  server.maxConnections = 100;
  server.listen({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), signal });
  await once(server, 'listening', { signal });
  await once(signal, 'abort').finally(() => server.closeAllConnections());
}
