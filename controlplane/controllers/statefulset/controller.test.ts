import test from 'ava';
import { persistentVolumeClaims, pods, statefulSets } from '#lib/api/resources.ts';
import type { StatefulSet } from '#lib/api/types/apps.v1.ts';
import type { Transport, TransportResponse } from '#lib/client/transport.ts';
import { startTestControllers, type TestControllers } from '../testing.ts';
import { runStatefulSets } from './controller.ts';

let world: TestControllers;
const namespace = 'default';
const posts: string[] = []; // statuses of the answers to creations of pods
const gate = { isOpen: true, held: [] as (() => void)[] };

test.before(async () => {
  world = await startTestControllers();
  world.start('statefulset-controller', runStatefulSets, watched);
});
test.after.always(() => world.close());

/** Notes what pods were asked for; while the gate is shut, changes of pods come one by one, as they are let through. */
function watched(inner: Transport): Transport {
  return {
    async request(request, signal) {
      const answer = await inner.request(request, signal);
      const isOfPods = /\/pods(\?|$)/.test(request.path);
      if (isOfPods && request.method === 'POST') posts.push(String(answer.status));
      const isWatch = isOfPods && request.path.includes('watch=');
      return isWatch ? { ...answer, body: slowly(answer) } : answer;
    },
  };
}

async function* slowly({ body }: TransportResponse): AsyncIterable<Uint8Array> {
  for await (const chunk of body) {
    for (const line of Buffer.from(chunk)
      .toString()
      .split(/(?<=\n)/)) {
      if (!gate.isOpen) await new Promise<void>((resolve) => void gate.held.push(resolve));
      yield Buffer.from(line);
    }
  }
}

function setNamed(name: string, spec: object = {}): StatefulSet {
  const labels = { app: name };
  return {
    metadata: { name, namespace },
    spec: {
      replicas: 3,
      serviceName: name,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      ...spec,
    },
  } as unknown as StatefulSet;
}

const claimed = {
  volumeClaimTemplates: [
    { metadata: { name: 'd' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  ],
};

test.serial('pods that are made at once are waited for, all of them', async (t) => {
  const { client, signal, until, start: _ } = world;
  gate.isOpen = false;
  posts.length = 0;
  await client.create(statefulSets, setNamed('many'), signal);
  await until(async () => posts.length === 3);
  await until(async () => gate.held.length > 0);
  gate.held.shift()!(); // the first is seen; the others are not
  await until(async () => gate.held.length > 0);
  // A change of the set has it looked at again; what comes of that is seen in another set that is made after it.
  const body = { metadata: { annotations: { look: 'again' } } };
  await client.patch(statefulSets, { namespace, name: 'many' }, { type: 'merge', body }, signal);
  await client.create(statefulSets, setNamed('later', { replicas: 1 }), signal);
  await until(async () => posts.length > 3);
  gate.isOpen = true;
  for (const go of gate.held.splice(0)) go();
  await until(async () => (await client.get(statefulSets, { namespace, name: 'later' }, signal)).status.replicas === 1);
  await until(async () => (await client.get(statefulSets, { namespace, name: 'many' }, signal)).status.replicas === 3);
  t.deepEqual(posts, ['201', '201', '201', '201']);
});

test.serial('a claim goes with the pod that is scaled away, where the set says so', async (t) => {
  const { client, signal, until } = world;
  const policy = { whenDeleted: 'Delete', whenScaled: 'Delete' };
  const spec = { replicas: 2, persistentVolumeClaimRetentionPolicy: policy, ...claimed };
  await client.create(statefulSets, setNamed('kept', spec), signal);
  const ownersOf = async (name: string) => {
    const { metadata } = await client.get(persistentVolumeClaims, { namespace, name }, signal);
    return metadata.ownerReferences?.map(({ kind, name, controller }) => `${kind}/${name}/${controller}`).join();
  };
  const claimNames = async () =>
    (await client.list(persistentVolumeClaims, { namespace }, signal)).items.map(({ metadata }) => metadata.name);
  await until(async () => (await claimNames()).includes('d-kept-1'));
  for (const name of ['d-kept-0', 'd-kept-1'])
    await until(async () => (await ownersOf(name)) === 'StatefulSet/kept/true');
  const to = (replicas: number) =>
    client.patch(statefulSets, { namespace, name: 'kept' }, { type: 'merge', body: { spec: { replicas } } }, signal);
  await to(1);
  await until(async () => (await ownersOf('d-kept-1')) === 'Pod/kept-1/true');
  const names = async () =>
    (await client.list(pods, { namespace, labelSelector: 'app=kept' }, signal)).items.map((pod) => pod.metadata.name);
  await until(async () => (await names()).join() === 'kept-0');
  // Nobody collects garbage here: the claim stays, and the new pod has to wait for its end.
  await to(2);
  const at = { namespace, name: 'kept' };
  await until(async () => {
    const { metadata, status } = await client.get(statefulSets, at, signal);
    return status.observedGeneration === metadata.generation;
  });
  t.deepEqual(await names(), ['kept-0']);
  await client.delete(persistentVolumeClaims, { namespace, name: 'd-kept-1' }, signal, { gracePeriodSeconds: 0 });
  const body = { metadata: { finalizers: null } };
  await client
    .patch(persistentVolumeClaims, { namespace, name: 'd-kept-1' }, { type: 'merge', body }, signal)
    .catch(() => {});
  await until(async () => (await names()).length === 2);
  await until(async () => (await ownersOf('d-kept-1')) === 'StatefulSet/kept/true');
  t.pass();
});
