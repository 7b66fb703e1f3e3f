import { pods } from '#lib/api/resources.ts';
import { connect } from '#lib/client/connect.ts';
import type { Row } from './figures.ts';
import { type Load, openLoad } from './load.ts';
import { startServer } from './server.ts';

/** Pods a second from `create` to bound, on nodes that are only said to be there, on a control plane of their own. */
export async function measureScheduler(nodeCounts: readonly number[], runs: number): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const count of nodeCounts) {
    const values: number[] = [];
    await using server = await startServer();
    using load = await openLoad(server.kubeconfig);
    await makeNodes(load, count);
    for (let run = 0; run < runs; run++) values.push(await boundPerSecond(server.kubeconfig, load, run));
    rows.push({ name: `scheduler, ${count.toLocaleString('en')} nodes: pods bound`, unit: 'a second', values });
  }
  return rows;
}
const podCount = 1_000;

async function makeNodes(load: Load, count: number): Promise<void> {
  const size = { cpu: '64', memory: '256Gi', pods: '110', 'ephemeral-storage': '100Gi' };
  const conditions = [{ type: 'Ready', status: 'True', reason: 'Simulated', message: '' }];
  const one = async (name: string) => {
    const metadata = { name, labels: { 'kubernetes.io/hostname': name } };
    const status = { capacity: size, allocatable: size, conditions };
    await load.fire({ method: 'POST', path: '/api/v1/nodes', body: JSON.stringify({ metadata, status }) });
    const body = JSON.stringify({ status });
    const path = `/api/v1/nodes/${name}/status`;
    await load.fire({ method: 'PATCH', path, body, type: 'application/merge-patch+json' });
    const spec = { holderIdentity: name, renewTime: '2999-01-01T00:00:00.000000Z', leaseDurationSeconds: 40 };
    const lease = { metadata: { name }, spec };
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    await load.fire({ method: 'POST', path: leases, body: JSON.stringify(lease) });
  };
  for (let i = 0; i < count; i += 50) await Promise.all(Array.from({ length: 50 }, (_, k) => one(`sim-${i + k}`)));
}

/** Pods are created sixteen at a time; a watch tells when all have their node. They are taken away again. */
async function boundPerSecond(kubeconfig: string, load: Load, run: number): Promise<number> {
  await using connection = await connect(kubeconfig, { userAgent: 'skiff-bench' });
  const { client } = connection;
  const signal = AbortSignal.timeout(300_000);
  const options = { namespace: 'default', labelSelector: `run=r${run}` };
  const { metadata } = await client.list(pods, options, signal);
  const all = Promise.withResolvers<void>();
  const bound = new Set<string>();
  void (async () => {
    const since = { ...options, resourceVersion: metadata.resourceVersion! };
    for await (const { object } of client.watch(pods, since, signal)) {
      if (object.spec.nodeName) bound.add(object.metadata.name);
      if (bound.size === podCount) return all.resolve();
    }
  })().catch(all.reject);
  const startedMs = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < podCount) {
      const body = JSON.stringify(draft(`p${run}-${next++}`, `r${run}`));
      await load.fire({ method: 'POST', path: '/api/v1/namespaces/default/pods', body });
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  await all.promise;
  const perSecond = (podCount * 1000) / (performance.now() - startedMs);
  await client.deleteCollection(pods, { ...options, delete: { gracePeriodSeconds: 0 } }, signal);
  return perSecond;
}

function draft(name: string, run: string) {
  const resources = { requests: { cpu: '100m', memory: '64Mi' } };
  return { metadata: { name, labels: { run } }, spec: { containers: [{ name: 'main', image: 'none', resources }] } };
}
