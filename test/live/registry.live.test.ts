// Images from a registry that asks who one is.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { secrets } from '#lib/api/resources.ts';
import { eventually, inNode, testCluster } from './cluster.ts';
import { image, isReady, main, openPodLab, type PodLab, signal } from './pods.ts';

const password = 'open sesame';
const hash = '$2b$04$GiZGAWQD3OpM/a/M2cCoNe0i5wi6h3M2nMN/7ykc8dbwvwAk7ndgO';
const host = '127.0.0.1:5000'; // of the first node's own network: nobody else can reach it
const pulled = `${host}/private/tools:1`;
let lab: PodLab;
let folder: string;
let registry: ChildProcess;

test.before(async () => {
  lab = await openPodLab('registry');
  folder = await mkdtemp(join(tmpdir(), 'skiff-registry-'));
  await writeFile(join(folder, 'htpasswd'), `puller:${hash}\n`);
  const config = `version: 0.1
storage: {filesystem: {rootdirectory: ${folder}/data}}
http: {addr: "${host}"}
auth: {htpasswd: {realm: test, path: ${folder}/htpasswd}}
`;
  await writeFile(join(folder, 'config.yml'), config);
  const { networkNamespace } = testCluster().layout.nodes[0]!;
  const words = [`--net=/run/netns/${networkNamespace}`, 'docker-registry', 'serve', join(folder, 'config.yml')];
  registry = spawn('nsenter', words, { stdio: 'ignore' });
  const ctr = ['ctr', '-n', 'k8s.io', 'images'];
  await inNode(0, [...ctr, 'tag', '--force', image, pulled]);
  await eventually('the registry', () =>
    inNode(0, [...ctr, 'push', '--plain-http', '--user', `puller:${password}`, pulled]),
  );
  await inNode(0, [...ctr, 'rm', pulled]);
});

test.after.always(async () => {
  registry?.kill();
  // Else the runtime may go on calling the image by this name, of all that it has.
  await inNode(0, ['ctr', '-n', 'k8s.io', 'images', 'rm', pulled]);
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  await lab.close();
});

const spec = () => ({
  nodeName: testCluster().layout.nodes[0]!.name,
  containers: [main({ image: pulled, imagePullPolicy: 'Always' as const })],
});

test.serial('without a secret the image cannot be pulled, and users are told why', async (t) => {
  await lab.create('nobody', spec());
  const waiting = await lab.when('nobody', 'refused', ({ status }) =>
    /^(ErrImagePull|ImagePullBackOff)$/.test(status.containerStatuses?.[0]?.state?.waiting?.reason ?? ''),
  );
  t.regex(waiting.status.containerStatuses?.[0]?.state?.waiting?.message ?? '', /authorization|401|denied/i);
  await lab.when(
    'nobody',
    'held back',
    ({ status }) => status.containerStatuses?.[0]?.state?.waiting?.reason === 'ImagePullBackOff',
  );
  await eventually('its events', async () => {
    const reasons = await lab.reasonsFor(waiting);
    return ['Pulling', 'Failed', 'BackOff'].every((reason) => reasons.has(reason));
  });
  await lab.remove('nobody');
});

test.serial('with a secret it can', async (t) => {
  const auth = Buffer.from(`puller:${password}`).toString('base64');
  const text = JSON.stringify({ auths: { [host]: { auth } } });
  await lab.client.create(
    secrets,
    {
      metadata: { name: 'keys', namespace: lab.namespace },
      type: 'kubernetes.io/dockerconfigjson',
      data: { '.dockerconfigjson': Buffer.from(text).toString('base64') },
    },
    signal(),
  );
  await lab.create('known', { ...spec(), imagePullSecrets: [{ name: 'keys' }] });
  const pod = await lab.when('known', 'ready', isReady);
  t.regex(pod.status.containerStatuses?.[0]?.imageID ?? '', /@?sha256:[0-9a-f]{64}$/);
  await eventually('its event', async () => (await lab.reasonsFor(pod)).has('Pulled'));
  await lab.remove('known');
});
