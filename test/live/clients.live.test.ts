// Clients that others wrote, doing what they are written for: list, watch, patch, apply and exec, in loops.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AppsV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node';
import test from 'ava';
import { execa } from 'execa';
import { eventually, testCluster } from './cluster.ts';
import { image, openPodLab, type PodLab } from './pods.ts';

const rounds = 20;
let lab: PodLab;

test.before(async () => {
  lab = await openPodLab('clients');
});
test.after.always(() => lab.close());

test("Python's client", async (t) => {
  t.timeout(120_000);
  const program = new URL('clients/python.py', import.meta.url).pathname;
  const words = [program, testCluster().kubeconfig, lab.namespace, image, String(rounds)];
  const { stdout } = await execa('/usr/bin/python3', words, { env: { PYTHONWARNINGS: 'ignore' } });
  const told = new Map(stdout.split('\n').map((line) => [JSON.parse(line).step as string, JSON.parse(line)]));
  const { types, rounds: seen } = told.get('watch');
  t.deepEqual([types[0], types.at(-1)], ['ADDED', 'DELETED']);
  t.true(seen.includes(String(rounds)));
  t.deepEqual(
    seen.map(Number),
    seen.map(Number).toSorted((a: number, b: number) => a - b),
    'in order',
  );
  t.deepEqual(told.get('apply').managers, ['python']);
  t.deepEqual(
    told.get('exec').words,
    Array.from({ length: rounds }, (_, number) => `round ${number}`),
  );
  t.is(told.get('scale').replicas, 1);
});

test("JavaScript's client", async (t) => {
  t.timeout(120_000);
  const { namespace } = lab;
  const config = new KubeConfig();
  config.loadFromFile(testCluster().kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);

  const seen: string[] = [];
  const list = () => core.listNamespacedConfigMap({ namespace, labelSelector: 'of=js' });
  const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, list, 'of=js');
  for (const verb of ['add', 'update', 'delete'] as const)
    informer.on(verb, ({ data }) => void seen.push(`${verb} ${data?.['round']}`));
  await informer.start();
  const name = 'js';
  await core.createNamespacedConfigMap({
    namespace,
    body: { metadata: { name, labels: { of: 'js' } }, data: { round: '0' } },
  });
  for (let round = 1; round <= rounds; round++) {
    const body = { data: { round: String(round) } };
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    await core.patchNamespacedConfigMap({ namespace, name, body }, merge);
  }
  const stale = await core.readNamespacedConfigMap({ namespace, name });
  stale.metadata!.resourceVersion = '1';
  await t.throwsAsync(core.replaceNamespacedConfigMap({ namespace, name, body: stale }), { message: /409/ });
  await core.deleteNamespacedConfigMap({ namespace, name });
  await eventually('the deletion', async () => seen.at(-1)?.startsWith('delete'));
  await informer.stop();
  t.deepEqual(seen, [
    'add 0',
    ...Array.from({ length: rounds }, (_, index) => `update ${index + 1}`),
    `delete ${rounds}`,
  ]);

  const apply = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);
  for (let round = 0; round < rounds; round++) {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied-js' }, data: { n: String(round) } };
    const applied = await core.patchNamespacedConfigMap(
      { namespace, name: 'applied-js', body, fieldManager: 'js', force: true },
      apply,
    );
    t.is(applied.data?.['n'], String(round));
  }

  const spec = {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'main', image, command: ['sleep', '1000'] }],
  };
  await core.createNamespacedPod({ namespace, body: { metadata: { name }, spec } });
  await eventually('a running pod', async () => {
    const { status } = await core.readNamespacedPod({ namespace, name });
    return status?.phase === 'Running';
  });
  for (let round = 0; round < rounds; round++)
    t.is(await say(config, namespace, name, `round ${round}`), `round ${round}\n`);

  const app = { app: 'js' };
  await apps.createNamespacedDeployment({
    namespace,
    body: {
      metadata: { name },
      spec: { replicas: 0, selector: { matchLabels: app }, template: { metadata: { labels: app }, spec } },
    },
  });
  const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
  await apps.patchNamespacedDeploymentScale({ namespace, name, body: { spec: { replicas: 1 } } }, merge);
  await eventually('a replica', async () => {
    const { status } = await apps.readNamespacedDeployment({ namespace, name });
    return status?.readyReplicas === 1;
  });
  await apps.deleteNamespacedDeployment({ namespace, name });
  await core.deleteNamespacedPod({ namespace, name });
});

async function say(config: KubeConfig, namespace: string, pod: string, words: string): Promise<string> {
  const { PassThrough } = await import('node:stream');
  const out = new PassThrough();
  let told = '';
  out.on('data', (bytes) => {
    told += bytes;
  });
  const ended = Promise.withResolvers<string | undefined>();
  const command = ['echo', words];
  await new Exec(config).exec(namespace, pod, 'main', command, out, null, null, false, ({ status }) =>
    ended.resolve(status),
  );
  const status = await ended.promise;
  await sleep(0); // what came last is read
  return status === 'Success' ? told : `${status}: ${told}`;
}
