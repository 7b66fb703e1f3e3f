import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { freePort } from '#lib/free-port.ts';
import { createSilentLog } from '#lib/log.ts';
import { createMetrics } from '#lib/metrics.ts';
import { exampleEndpoint, exampleService, exampleSlice } from './example.ts';
import { serveHealth, serveStatus } from './health.ts';
import { createHealthChecks } from './health-checks.ts';
import { planService } from './plan.ts';
import type { ProxyHealth } from './proxy.ts';

/** Asks until somebody listens. */
async function asked(url: string): Promise<Response> {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer !== undefined) return answer;
  }
}

const log = createSilentLog();

test('serveHealth() tells whether rules are right, and whether the node stays', async (t) => {
  const [clock, metrics, stop, port] = [createFakeClock(), createMetrics(), new AbortController(), await freePort()];
  let health: ProxyHealth = { syncedAtMs: undefined, waitingSinceMs: 0 };
  let isNodeEligible = true;
  const address = `127.0.0.1:${port}`;
  const options = { address, health: () => health, isNodeEligible: () => isNodeEligible, metrics, clock, log };
  const served = serveHealth(options, stop.signal);
  const says = async (path: string) => {
    const answer = await asked(`http://${address}${path}`);
    return [answer.status, await answer.text()] as const;
  };
  t.is((await says('/healthz'))[0], 503, 'not yet');
  health = { syncedAtMs: clock.now(), waitingSinceMs: undefined };
  const time = new Date(clock.now()).toISOString();
  t.deepEqual(await says('/healthz'), [
    200,
    JSON.stringify({ lastUpdated: time, currentTime: time, nodeEligible: true }),
  ]);
  isNodeEligible = false;
  t.is((await says('/healthz'))[0], 503, 'the node leaves');
  t.deepEqual(await says('/livez'), [200, JSON.stringify({ lastUpdated: time, currentTime: time })]);
  health = { syncedAtMs: clock.now(), waitingSinceMs: clock.now() };
  await clock.advance(60_000);
  const [code, text] = await says('/livez');
  t.is(code, 503, 'a change waits');
  t.is(JSON.parse(text).lastUpdated, time);
  t.is((await says('/nope'))[0], 404);
  t.regex(metrics.render(), /kubeproxy_proxy_healthz_total\{code="503"\} 2\n/);
  t.regex(metrics.render(), /kubeproxy_proxy_livez_total\{code="200"\} 1\n/);
  stop.abort();
  await served;
});

test('serveStatus() gives the mode and the metrics of the proxy, and no others', async (t) => {
  const [metrics, stop, port] = [createMetrics(), new AbortController(), await freePort()];
  metrics.counter('kubeproxy_a_total', 'A', []).add([], 3);
  metrics.counter('kubelet_b_total', 'B', []).add([], 4);
  const address = `127.0.0.1:${port}`;
  const served = serveStatus({ address, mode: 'nftables', metrics, log }, stop.signal);
  const says = async (path: string) => (await asked(`http://${address}${path}`)).text();
  t.is(await says('/proxyMode'), 'nftables');
  t.is(await says('/healthz'), 'ok');
  t.is(await says('/metrics'), '# HELP kubeproxy_a_total A\n# TYPE kubeproxy_a_total counter\nkubeproxy_a_total 3\n');
  stop.abort();
  await served;
});

test('createHealthChecks() tells how many targets are here, and whether anything would get to them', async (t) => {
  const port = await freePort();
  let isProxyRight = true;
  const checks = createHealthChecks(() => isProxyRight, log);
  const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: port } as const;
  const update = (...nodes: readonly string[]) => {
    const endpoints = nodes.map((node, index) => exampleEndpoint(`10.244.0.${index + 1}`, node));
    const plans = planService(exampleService('web', spec), [exampleSlice('web', endpoints)], { nodeName: 'node-1' }, 4);
    checks.update('default/web', plans);
  };
  const says = async () => {
    const answer = await asked(`http://127.0.0.1:${port}/`);
    const weight = answer.headers.get('x-load-balancing-endpoint-weight');
    return [answer.status, weight, await answer.json()] as const;
  };
  const service = { namespace: 'default', name: 'web' };
  update('node-1', 'node-1', 'node-2');
  t.deepEqual(await says(), [200, '2', { service, localEndpoints: 2, serviceProxyHealthy: true }]);
  isProxyRight = false;
  t.deepEqual(await says(), [503, '2', { service, localEndpoints: 2, serviceProxyHealthy: false }]);
  isProxyRight = true;
  update('node-2');
  t.deepEqual(await says(), [503, '0', { service, localEndpoints: 0, serviceProxyHealthy: true }]);
  checks.update('default/web', []);
  checks.close();
});
