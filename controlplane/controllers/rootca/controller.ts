import { configMaps, namespaces as namespaceResource } from '#lib/api/resources.ts';
import { hasReason } from '#lib/errors.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';

export interface RootCa {
  /** PEM. */
  current(): string;
  /** Calls `listener` whenever it was renewed. */
  onChange(listener: () => void): void;
}

/** Publishes the cluster's CA as the ConfigMap `kube-root-ca.crt` of every namespace: pods check the API server by it. */
export async function runRootCa(rootCa: RootCa, context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, clock, metrics } = context;
  const namespaces = informers.get(namespaceResource);
  const maps = informers.get(configMaps);
  const syncs = metrics.counter('root_ca_cert_publisher_sync_total', 'Looks at namespaces, by HTTP code.', ['code']);
  const seconds = metrics.histogram(
    'root_ca_cert_publisher_sync_duration_seconds',
    'How long a look at a namespace took, by HTTP code.',
    ['code'],
    Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i),
  );
  const queue = createQueue('root-ca-certificate-publisher', context, reconcile);

  namespaces.onChange((now, _before, key) => now !== undefined && queue.add(key));
  maps.onChange((now, before) => {
    const { metadata } = (now ?? before)!;
    if (metadata.name === name) queue.add(metadata.namespace ?? '');
  });
  rootCa.onChange(() => {
    for (const { metadata } of namespaces.list()) queue.add(metadata.name);
  });
  await runWhenSynced(queue, [namespaces, maps], signal);

  async function reconcile(namespace: string, signal: AbortSignal): Promise<undefined> {
    const fromMs = clock.now();
    let code = '200';
    try {
      await publish(namespace, signal);
    } catch (error) {
      code = String((error as { status?: { code?: number } }).status?.code ?? 500);
      throw error;
    } finally {
      syncs.add([code]);
      seconds.observe([code], (clock.now() - fromMs) / 1000);
    }
  }

  async function publish(namespace: string, signal: AbortSignal): Promise<undefined> {
    const phase = namespaces.get(namespace)?.status?.phase;
    if (!namespaces.get(namespace) || phase === 'Terminating') return;
    const before = maps.get(`${namespace}/${name}`);
    if (before?.data?.['ca.crt'] === rootCa.current() && Object.keys(before.data).length === 1) return;
    const data = { 'ca.crt': rootCa.current() };
    const written =
      before === undefined
        ? client.create(configMaps, { metadata: { name, namespace, annotations }, data }, signal)
        : client.update(configMaps, { ...before, data }, signal);
    await written.catch((error) => {
      // It is there already, or its namespace is going.
      if (!hasReason(error, 'AlreadyExists', 'NotFound', 'Forbidden')) throw error;
    });
  }
}
const name = 'kube-root-ca.crt';
const annotations = {
  'kubernetes.io/description': 'The certificate authority by which clients inside the cluster check the API server.',
};
