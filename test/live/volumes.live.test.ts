// Volumes of a pod, many at once.
import test from 'ava';
import { namespaces, pods } from '#lib/api/resources.ts';
import type { Volume } from '#lib/api/types/core.v1.ts';
import { connectToCluster, eventually } from './cluster.ts';

const soon = () => AbortSignal.timeout(60_000);

test('a pod may have more than a hundred volumes', async (t) => {
  await using connection = await connectToCluster();
  const { client } = connection;
  const namespace = `volumes-${process.pid}`;
  await client.create(namespaces, { metadata: { name: namespace } }, soon());
  t.teardown(async () => {
    await using again = await connectToCluster();
    await again.client.delete(namespaces, { name: namespace }, soon());
  });
  await eventually('its objects', async () => {
    await client.raw('GET', `/api/v1/namespaces/${namespace}/serviceaccounts/default`, soon());
    return client.raw('GET', `/api/v1/namespaces/${namespace}/configmaps/kube-root-ca.crt`, soon());
  });
  const kinds: readonly Omit<Volume, 'name'>[] = [
    { emptyDir: {} },
    { configMap: { name: 'kube-root-ca.crt' } },
    { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
  ];
  const volumes = Array.from({ length: 150 }, (_, at) => ({ name: `v${at}`, ...kinds[at % kinds.length] }));
  const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/m/${name}` }));
  const command = ['sh', '-c', 'ls /m | wc -l; cat /m/*/name | wc -c'];
  const containers = [{ name: 'main', image: 'skiff.local/tools:1', command, volumeMounts }];
  const metadata = { name: 'many', namespace };
  await client.create(pods, { metadata, spec: { containers, volumes, restartPolicy: 'Never' } }, soon());
  await eventually('its end', async () => (await client.get(pods, metadata, soon())).status.phase === 'Succeeded');
  const log = await client.raw('GET', `/api/v1/namespaces/${namespace}/pods/many/log`, soon());
  t.is(log, `150\n${50 * 'many'.length}\n`);
});
