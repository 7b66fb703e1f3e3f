// Pods that a node is told of by a file, and their pictures in the API.
import test from 'ava';
import { pods } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { eventually, inNode, testCluster } from './cluster.ts';
import { forever, image, isReady, openPodLab, type PodLab, signal } from './pods.ts';

let lab: PodLab;
test.before(async () => {
  lab = await openPodLab('static');
});
test.after.always(async () => {
  await inNode(0, ['rm', '-f', `${folder}/${file()}`]);
  await lab.close();
});

const folder = '/var/lib/kubelet/manifests';
const file = () => `${lab.namespace}.yaml`;
const full = () => `web-${testCluster().layout.nodes[0]!.name}`;

async function write(word: string): Promise<void> {
  const manifest = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: lab.namespace, labels: { word } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image, command: ['sh', '-c', `echo ${word}; ${forever[2]}`] }],
    },
  };
  const text = Buffer.from(JSON.stringify(manifest)).toString('base64');
  const script = `mkdir -p ${folder} && echo ${text} | base64 -d > ${folder}/.new && mv ${folder}/.new ${folder}/${file()}`;
  await inNode(0, ['sh', '-c', script]);
}

/** The pods of this name in the runtime of the node, by their uid. */
async function onNode(uid: string | undefined): Promise<boolean> {
  const { stdout } = await inNode(0, ['sh', '-c', 'ls /var/lib/kubelet/pods']);
  return stdout.includes(`${uid}`);
}

/** A container without a probe is ready before it has said anything. */
const firstWords = () => eventually('its words', async () => (await lab.logOf(full())) || undefined);

const hashOf = ({ metadata }: Pod) => metadata.annotations?.['kubernetes.io/config.hash'];

test.serial('a manifest becomes a pod that the API shows', async (t) => {
  await write('one');
  // A folder that was not there when the agent began is found by looking now and then.
  const pod = await lab.when(full(), 'ready', isReady, 60_000);
  const { annotations = {}, ownerReferences } = pod.metadata;
  t.is(annotations['kubernetes.io/config.source'], 'file');
  t.is(annotations['kubernetes.io/config.mirror'], annotations['kubernetes.io/config.hash']);
  t.truthy(annotations['kubernetes.io/config.seen']);
  t.like(ownerReferences?.[0], { kind: 'Node', name: testCluster().layout.nodes[0]!.name, controller: true });
  t.like(pod.spec.tolerations?.[0], { operator: 'Exists', effect: 'NoExecute' });
  t.true(await onNode(hashOf(pod)));
  t.is(await firstWords(), 'one\n');
});

test.serial('a mirror that is deleted comes back, and the pod runs on', async (t) => {
  const before = await lab.get(full());
  await lab.client.delete(pods, { namespace: lab.namespace, name: full() }, signal());
  const after = await lab.when(full(), 'back', (pod) => pod.metadata.uid !== before.metadata.uid && isReady(pod));
  t.is(after.status.containerStatuses?.[0]?.containerID, before.status.containerStatuses?.[0]?.containerID);
  t.is(after.status.containerStatuses?.[0]?.restartCount, 0);
});

test.serial('another manifest is another pod', async (t) => {
  const before = await lab.get(full());
  await write('two');
  const after = await lab.when(full(), 'replaced', (pod) => pod.metadata.labels?.['word'] === 'two' && isReady(pod));
  t.not(hashOf(after), hashOf(before));
  t.is(await firstWords(), 'two\n');
  await eventually('the end of the one before', async () => !(await onNode(hashOf(before))));
});

test.serial('a manifest with an error changes nothing', async (t) => {
  const before = await lab.get(full());
  await inNode(0, ['sh', '-c', `echo 'kind: Pod' > ${folder}/${file()}`]);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const after = await lab.get(full());
  t.is(after.metadata.uid, before.metadata.uid);
  t.true(isReady(after));
});

test.serial('without its manifest a pod ends', async (t) => {
  const before = await lab.get(full());
  await inNode(0, ['rm', `${folder}/${file()}`]);
  await eventually('the end of its mirror', async () => {
    const { items } = await lab.client.list(pods, { namespace: lab.namespace }, signal());
    return items.length === 0;
  });
  await eventually('its end on the node', async () => !(await onNode(hashOf(before))));
  t.pass();
});
