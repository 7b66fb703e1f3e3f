import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { Clock } from '#lib/clock.ts';
import { http } from '#lib/http.ts';
import type { Log } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { ProxyMode } from './backend.ts';
import type { ProxyHealth } from './proxy.ts';

export interface HealthOptions {
  /** 'host:port'. */
  readonly address: string;
  health(): ProxyHealth;
  /** Whether load balancers should still send here: not to a node that is going away. */
  isNodeEligible(): boolean;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** Whether the rules are those that are wanted, but for what changed lately. */
export function areRulesRight({ syncedAtMs, waitingSinceMs }: ProxyHealth, nowMs: number): boolean {
  return syncedAtMs !== undefined && (waitingSinceMs === undefined || nowMs - waitingSinceMs < patienceMs);
}
const patienceMs = 60_000; // twice kube-proxy's sync period

/**
 * Serves /healthz (rules are right and the node stays) and /livez (rules are right) until `signal` is aborted.
 * Rules are right if no change has waited for long. Bodies and ports are kube-proxy's: load balancers ask for them.
 */
export async function serveHealth(options: HealthOptions, signal: AbortSignal): Promise<void> {
  const { address, health, isNodeEligible, metrics, clock, log } = options;
  const counters = {
    '/healthz': metrics.counter('kubeproxy_proxy_healthz_total', 'Answers to /healthz by code', ['code']),
    '/livez': metrics.counter('kubeproxy_proxy_livez_total', 'Answers to /livez by code', ['code']),
  };
  const answer: RequestListener = (request, response) => {
    const path = request.url?.split('?')[0];
    if (path !== '/healthz' && path !== '/livez') {
      response.writeHead(404).end();
      return;
    }
    const nowMs = clock.now();
    const now = health();
    const isRight = areRulesRight(now, nowMs);
    const isGood = isRight && (path === '/livez' || isNodeEligible());
    const code = isGood ? 200 : 503;
    counters[path].add([`${code}`]);
    response.writeHead(code, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' });
    response.end(
      JSON.stringify({
        lastUpdated: new Date(isGood ? nowMs : (now.syncedAtMs ?? 0)).toISOString(),
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

/** Serves /healthz, /proxyMode and the proxy's part of `metrics`, as kube-proxy does on port 10249, until `signal` is aborted. */
export async function serveStatus({ address, mode, metrics, log }: StatusOptions, signal: AbortSignal): Promise<void> {
  const texts: Readonly<Record<string, () => string>> = {
    '/healthz': () => 'ok',
    '/proxyMode': () => mode,
    '/metrics': () =>
      metrics
        .render()
        .match(/^(?:# \w+ )?kubeproxy_.*\n/gm)
        ?.join('') ?? '',
  };
  const answer: RequestListener = (request, response) => {
    const text = texts[request.url?.split('?')[0] ?? ''];
    response.writeHead(text === undefined ? 404 : 200, {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    response.end(text?.());
  };
  await listen(address, answer, signal).catch((error) => {
    if (!signal.aborted) log.error('Could not serve the status of the proxy', { address, err: error });
  });
}

export interface StatusOptions {
  /** 'host:port'. */
  readonly address: string;
  readonly mode: ProxyMode;
  readonly metrics: Metrics;
  readonly log: Log;
}

async function listen(address: string, answer: RequestListener, signal: AbortSignal): Promise<void> {
  const colon = address.lastIndexOf(':');
  const server = http.createServer({ requestTimeout: 10_000 }, answer);
  server.maxConnections = 100;
  server.listen({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), signal });
  await once(server, 'listening', { signal });
  await once(signal, 'abort').finally(() => server.closeAllConnections());
}
