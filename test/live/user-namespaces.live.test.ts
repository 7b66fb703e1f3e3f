// Pods whose users are not the node's: what they see of themselves and of their files where the runtime can do that, and
// that they do not run where it cannot.
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { configMaps, events, nodes } from '#lib/api/resources.ts';
import type { Container, Pod, PodSpec, Volume } from '#lib/api/types/core.v1.ts';
import { exec } from '#lib/exec.ts';
import { isAlive } from '../../vagrant/lab/processes.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { eventually, inNode, testCluster } from './cluster.ts';
import { forever, image, isReady, main, openPodLab, type PodLab, signal } from './pods.ts';

let lab: PodLab;
/** What the node's containerd and runc can do by themselves, whatever the agent says of it. */
let isAble: boolean;
test.before(async () => {
  lab = await openPodLab('users');
  const { containerdDir: folder } = testCluster().layout;
  const env = folder === undefined ? {} : { PATH: `${folder}:${process.env['PATH']}` };
  const [containerd, runc] = await Promise.all([
    exec('sh', ['-c', 'exec containerd --version'], signal(), { env }),
    exec('sh', ['-c', 'exec runc features'], signal(), { env }),
  ]);
  const [, major] = /\sv?(\d+)\.\d+/.exec(containerd.stdout) ?? [];
  isAble = Number(major) >= 2 && JSON.parse(runc.stdout).linux?.mountExtensions?.idmap?.enabled === true;
});
test.after.always(() => lab.close());

const nodeName = () => testCluster().layout.nodes[0]!.name;
const refusal =
  "Failed to create pod sandbox: can't set `spec.hostUsers: false`, runtime does not support user namespaces";

/** Where it can be: `check`s the pod once it runs. Elsewhere: it must not run, and users are told why. */
async function withUsers(
  t: ExecutionContext,
  name: string,
  spec: Partial<PodSpec>,
  check: (pod: Pod) => Promise<void>,
): Promise<void> {
  const pod = await lab.create(name, { hostUsers: false, nodeName: nodeName(), ...spec });
  if (isAble) await check(await lab.when(name, 'up', isReady));
  else {
    const fieldSelector = `involvedObject.uid=${pod.metadata.uid},reason=FailedCreatePodSandBox`;
    const event = await eventually('the event', async () => {
      const { items } = await lab.client.list(events, { namespace: lab.namespace, fieldSelector }, signal());
      return items[0];
    });
    t.true(event.message?.startsWith(refusal), event.message);
    const reason = spec.initContainers === undefined ? 'ContainerCreating' : 'PodInitializing';
    const waits = ({ status }: Pod) => status.containerStatuses?.[0]?.state?.waiting?.reason === reason;
    await lab.when(name, 'told to wait', waits);
  }
  await lab.remove(name);
}

/** A container that says something, and stays. */
function saying(words: string, rest: Partial<Container> = {}): Container {
  return main({ command: ['sh', '-c', `${words}; echo end; ${forever[2]}`], ...rest });
}

async function saidBy(name: string, container?: string): Promise<string> {
  return await eventually(`the words of ${name}`, async () => {
    const [, said] = /^(.*?)end\n/s.exec(await lab.logOf(name, container)) ?? [];
    return said;
  });
}

/** First id on the node and how many, as the kernel tells the container. */
function mapIn(text: string): readonly number[] {
  const [inside, outside, length] = text.trim().split(/\s+/).map(Number);
  return inside === 0 ? [outside!, length!] : [];
}

const onDisk = async (pod: Pod, path: string) =>
  (await inNode(0, ['cat', `/var/lib/kubelet/pods/${pod.metadata.uid}/${path}`])).stdout;

test('a node tells whether its runtime gives pods users of their own', async (t) => {
  const { status } = await lab.client.get(nodes, { name: nodeName() }, signal());
  const found = status.runtimeHandlers?.find(({ name = '' }) => name === '');
  t.is(found?.features?.userNamespaces ?? false, isAble);
});

test('a pod’s root is its own: not the node’s, and not another pod’s', async (t) => {
  const containers = [saying('id -u; cat /proc/self/uid_map; cat /proc/self/gid_map')];
  await withUsers(t, 'one', { containers }, async (one) => {
    const read = async (pod: Pod) => {
      const [uid, uids, gids] = (await saidBy(pod.metadata.name!)).split('\n');
      t.is(uid, '0');
      const map = mapIn(uids!);
      t.deepEqual(mapIn(gids!), map);
      const [hostId, length] = map;
      const mappings = [{ hostId, containerId: 0, length }];
      t.deepEqual(JSON.parse(await onDisk(pod, 'userns')), { uidMappings: mappings, gidMappings: mappings });
      t.is(length, 65_536);
      t.true(hostId! >= 65_536 && hostId! % 65_536 === 0, `${hostId}`);
      return hostId;
    };
    const first = await read(one);
    await lab.create('two', { hostUsers: false, nodeName: nodeName(), containers });
    t.not(await read(await lab.when('two', 'up', isReady)), first);
    await lab.remove('two');
    await lab.create('three', { nodeName: nodeName(), containers });
    await lab.when('three', 'up', isReady);
    t.deepEqual(mapIn((await saidBy('three')).split('\n')[1]!), [0, 4_294_967_295]);
    await lab.remove('three');
  });
});

test('a pod with users of its own sees its files with the owners that they have', async (t) => {
  const { namespace } = lab;
  await lab.client.create(configMaps, { metadata: { name: 'words', namespace }, data: { word: 'hello' } }, signal());
  const volumes: readonly Volume[] = [
    { name: 'map', configMap: { name: 'words', defaultMode: 0o440 } },
    { name: 'disk', emptyDir: {} },
    { name: 'memory', emptyDir: { medium: 'Memory' } },
    {
      name: 'token',
      projected: { sources: [{ serviceAccountToken: { path: 'token' } }, { configMap: { name: 'words' } }] },
    },
    { name: 'about', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
    { name: 'image', image: { reference: image } },
  ];
  const words = [
    'stat -Lc "%u:%g %a" /map/word; cat /map/word; echo',
    'touch /disk/file /memory/file /part/file; stat -c %u:%g /disk/file /memory/file /part/file',
    'stat -c %u:%g /disk /memory /etc/hosts /dev/termination-log',
    'cat /token/word /about/name; echo; wc -c </token/token | grep -qv "^0$" && echo token',
    'ls /image/bin >/dev/null && echo image; echo bye >/dev/termination-log && echo words',
  ];
  const mounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}` }));
  const spec: Partial<PodSpec> = {
    volumes,
    securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 2000 },
    containers: [
      saying(words.join('\n'), { volumeMounts: [...mounts, { name: 'disk', mountPath: '/part', subPath: 'a/b' }] }),
    ],
  };
  await withUsers(t, 'files', spec, async (pod) => {
    t.deepEqual((await saidBy('files')).trim().split('\n'), [
      ...['0:2000 440', 'hello', '1000:2000', '1000:2000', '1000:2000'],
      ...['0:2000', '0:2000', '0:0', '0:0', 'hellofiles', 'token', 'image', 'words'],
    ]);
    const file = `/var/lib/kubelet/pods/${pod.metadata.uid}/volumes/kubernetes.io~empty-dir/disk/file`;
    t.is((await inNode(0, ['stat', '-c', '%u:%g', file])).stdout.trim(), '1000:2000');
  });
});

test('procMount Unmasked shows all of /proc to a pod with users of its own', async (t) => {
  const hidden = 'grep -c " /proc/[^ ]* " /proc/self/mounts || true';
  const containers = [
    saying(hidden, { name: 'shown', securityContext: { procMount: 'Unmasked' } }),
    saying(hidden, { name: 'masked' }),
  ];
  await withUsers(t, 'proc', { containers }, async () => {
    t.is((await saidBy('proc', 'shown')).trim(), '0');
    t.true(Number(await saidBy('proc', 'masked')) >= 5);
  });
});

test('a pod keeps its users when the agent is killed, and gives them back when it goes', async (t) => {
  const volumes: readonly Volume[] = [{ name: 'go', emptyDir: {} }];
  const command = [
    'sh',
    '-c',
    'cat /proc/self/uid_map; echo end; until [ -e /go/now ]; do sleep 0.2; done; rm /go/now',
  ];
  const containers = [main({ command, volumeMounts: [{ name: 'go', mountPath: '/go' }] })];
  let first: readonly number[] = [];
  await withUsers(t, 'kept', { volumes, containers }, async (before) => {
    first = mapIn(await saidBy('kept'));
    await killAgent();
    await lab.create('other', {
      hostUsers: false,
      nodeName: nodeName(),
      containers: [saying('cat /proc/self/uid_map')],
    });
    await lab.when('other', 'up', isReady);
    t.notDeepEqual(mapIn(await saidBy('other')), first);
    await lab.remove('other');
    const [was, is] = [before, await lab.get('kept')].map(({ status }) => status.containerStatuses?.[0]);
    t.deepEqual([is?.containerID, is?.restartCount], [was?.containerID, 0]);

    const folder = `/var/lib/kubelet/pods/${before.metadata.uid}/volumes/kubernetes.io~empty-dir/go`;
    await inNode(0, ['touch', `${folder}/now`]);
    await lab.when('kept', 'up again', (pod) => isReady(pod) && pod.status.containerStatuses?.[0]?.restartCount === 1);
    t.deepEqual(mapIn(await saidBy('kept')), first);
  });
  // The lowest that is free is given first.
  await withUsers(t, 'heir', { containers: [saying('cat /proc/self/uid_map')] }, async () => {
    t.deepEqual(mapIn(await saidBy('heir')), first);
  });
});

async function killAgent(): Promise<void> {
  const { dataDir } = testCluster().layout;
  const id = readState(dataDir)!.processes[`${nodeName()}/agent`]!;
  process.kill(id.pid, 'SIGKILL');
  await eventually('the end of the agent', async () => !isAlive(id));
  const home = new URL('../..', import.meta.url).pathname;
  await execa(`${home}skiff`, ['up', '--isolated', '--no-workload', '--data', dataDir]);
}

test('init containers and sidecars have the same users', async (t) => {
  const map = saying('cat /proc/self/uid_map');
  const spec: Partial<PodSpec> = {
    containers: [map],
    initContainers: [
      { name: 'init', image, command: ['sh', '-c', 'cat /proc/self/uid_map; echo end'] },
      { ...map, name: 'side', restartPolicy: 'Always' },
    ],
  };
  await withUsers(t, 'many', spec, async () => {
    const all = await Promise.all(['main', 'init', 'side'].map((container) => saidBy('many', container)));
    t.is(new Set(all).size, 1, all.join());
    const [first] = all;
    t.is(mapIn(first ?? '')[1], 65_536);
  });
});
