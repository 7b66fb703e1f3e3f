// Pods that mean harm to their node and to their neighbours: both are unharmed, and statuses say what happened.
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { configMaps } from '#lib/api/resources.ts';
import type { Pod, Volume } from '#lib/api/types/core.v1.ts';
import { readState } from '../../vagrant/lab/state.ts';
import { eventually, inNode, testCluster } from './cluster.ts';
import { forever, isPhase, isReady, main, openPodLab, type PodLab, signal } from './pods.ts';

let lab: PodLab;
let neighbour: string;
const node = () => testCluster().layout.nodes[0]!.name;
const place = () => ({ nodeName: node() });
const sh = async (script: string) => (await inNode(0, ['sh', '-c', script])).stdout;

test.before(async () => {
  lab = await openPodLab('hostile');
  await lab.create('neighbour', place());
  neighbour = startOf(await lab.when('neighbour', 'ready', isReady));
});
test.after.always(() => lab.close());

/** The neighbour runs as before, and the agent has neither died nor grown. */
async function unharmed(t: ExecutionContext): Promise<void> {
  const now = await lab.get('neighbour');
  t.is(startOf(now), neighbour);
  t.true(isReady(now));
  const { pid } = readState(testCluster().layout.dataDir)!.processes[`${node()}/agent`]!;
  const kb = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  await eventually('an agent that is small again', async () => kb() < 200 * 1024, 60_000); // what it dropped is collected
}

function startOf({ status }: Pod): string {
  const one = status.containerStatuses?.[0];
  return `${one?.containerID} ${one?.restartCount}`;
}

test.serial('a termination message of gigabytes: its end is told, and nothing else read', async (t) => {
  const script = 'truncate -s 8G /dev/termination-log; printf "%05000d last words" 0 >> /dev/termination-log; exit 1';
  await lab.create('talker', {
    ...place(),
    restartPolicy: 'Never',
    containers: [main({ command: ['sh', '-c', script] })],
  });
  const { status } = await lab.when('talker', 'failed', isPhase('Failed'));
  const { message = '' } = status.containerStatuses?.[0]?.state?.terminated ?? {};
  t.is(message.length, 4096);
  t.regex(message, /^0+ last words$/);
  await unharmed(t);
  await lab.remove('talker');
});

test.serial('many termination messages together stay small', async (t) => {
  const script = 'printf "%06000d" 0 > /dev/termination-log';
  const containers = Array.from({ length: 6 }, (_, at) => main({ name: `c${at}`, command: ['sh', '-c', script] }));
  await lab.create('talkers', { ...place(), restartPolicy: 'Never', containers });
  const { status } = await lab.when('talkers', 'done', isPhase('Succeeded'));
  const lengths = (status.containerStatuses ?? []).map(({ state }) => state?.terminated?.message?.length);
  t.deepEqual(
    lengths,
    Array.from({ length: 6 }, () => 2048),
  );
  await lab.remove('talkers');
});

test.serial('a fork bomb has its pod’s processes, and no more', async (t) => {
  const script = 'bomb() { bomb | bomb & }; bomb; while :; do sleep 1; done';
  await lab.create('bomb', {
    ...place(),
    containers: [main({ command: ['sh', '-c', script], resources: { limits: { cpu: '100m' } } })],
  });
  const pod = await lab.when('bomb', 'running', ({ status }) => status.phase === 'Running');
  const { cgroupRoot } = testCluster().layout.nodes[0]!;
  const file = (name: string) =>
    `$(find /sys/fs/cgroup${cgroupRoot} /sys/fs/cgroup/pids${cgroupRoot} -path '*pod${pod.metadata.uid}/${name}' 2>/dev/null | head -n 1)`;
  t.is((await sh(`cat ${file('pids.max')}`)).trim(), '1024');
  await eventually('its limit', async () => Number(await sh(`cat ${file('pids.current')}`)) > 500);
  t.true(Number(await sh(`cat ${file('pids.current')}`)) <= 1024);
  await unharmed(t);
  await lab.remove('bomb');
});

test.serial('an environment that no kernel takes ends its container, and says so', async (t) => {
  const env = [{ name: 'HUGE', value: 'x'.repeat(200 * 1024) }]; // one string has at most 128 KiB
  const terminationMessagePolicy = 'FallbackToLogsOnError';
  await lab.create('huge', {
    ...place(),
    restartPolicy: 'Never',
    containers: [main({ env, terminationMessagePolicy })],
  });
  const { status } = await lab.when('huge', 'failed', isPhase('Failed'));
  t.regex(status.containerStatuses?.[0]?.state?.terminated?.message ?? '', /argument list too long/);
  await lab.remove('huge');
  await unharmed(t);
});

test.serial('an environment that no message can hold is refused, and says so', async (t) => {
  const names = Array.from({ length: 24 }, (_, at) => `big-${at}`);
  const value = 'x'.repeat(90 * 1024);
  const data = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`k${at}`, value]));
  for (const name of names) {
    await lab.client.create(configMaps, { metadata: { name, namespace: lab.namespace }, data }, signal());
  }
  const envFrom = names.map((name, at) => ({ prefix: `P${at}_`, configMapRef: { name } }));
  await lab.create('flood', { ...place(), containers: [main({ envFrom })] });
  const pod = await lab.when('flood', 'refused', (one) => waiting(one).reason === 'CreateContainerError', 60_000);
  t.regex(waiting(pod).message, /size larger than 16777216/);
  await lab.remove('flood');
  for (const name of names) await lab.client.delete(configMaps, { name, namespace: lab.namespace }, signal());
  await unharmed(t);
});

function waiting({ status }: Pod): { readonly reason: string; readonly message: string } {
  const { reason = '', message = '' } = status.containerStatuses?.[0]?.state?.waiting ?? {};
  return { reason, message };
}

test.serial(
  'output and last words with escapes, zeros and broken characters are told as they are, or replaced',
  async (t) => {
    const script = String.raw`printf 'a\033[31m\000\377b\nc' > /dev/termination-log; printf '\033[2J\377\000x\n'; exit 2`;
    await lab.create('escapes', {
      ...place(),
      restartPolicy: 'Never',
      containers: [main({ command: ['sh', '-c', script] })],
    });
    const { status } = await lab.when('escapes', 'failed', isPhase('Failed'));
    t.is(status.containerStatuses?.[0]?.state?.terminated?.message, 'a\u001b[31m\u0000\ufffdb\nc');
    t.regex(await lab.logOf('escapes'), /x\n$/);
    await lab.remove('escapes');
  },
);

test.serial('environment, arguments and keys with escapes reach the container unchanged', async (t) => {
  const odd = '$(HOME) $$(X) `id` "\'\\ \n\t\u001b[0m é %s';
  await lab.client.create(
    configMaps,
    { metadata: { name: 'odd', namespace: lab.namespace }, data: { '.a': 'dots', 'a.b_c-D': odd } },
    signal(),
  );
  const volumes = [{ name: 'odd', configMap: { name: 'odd' } }];
  const volumeMounts = [{ name: 'odd', mountPath: '/odd' }];
  const env = [{ name: 'ODD', valueFrom: { configMapKeyRef: { name: 'odd', key: 'a.b_c-D' } } }];
  const command = ['sh', '-c', 'printf %s "$ODD" | cmp - /odd/a.b_c-D && ls -A /odd'];
  await lab.create('odd', {
    ...place(),
    restartPolicy: 'Never',
    volumes,
    containers: [main({ command, env, volumeMounts })],
  });
  await lab.when('odd', 'done', isPhase('Succeeded'));
  t.regex(await lab.logOf('odd'), /a\.b_c-D/);
  await lab.remove('odd');
});

test.serial('a log that was swapped for a link is not followed, and is replaced', async (t) => {
  const script = 'echo own; while :; do sleep 0.2; done';
  await lab.create('swapped', { ...place(), containers: [main({ command: ['sh', '-c', script] })] });
  const pod = await lab.when('swapped', 'ready', isReady);
  const folder = `/var/log/pods/${lab.namespace}_swapped_${pod.metadata.uid}/main`;
  // As a pod does that was given /var/log of its node.
  await lab.create('swapper', {
    ...place(),
    restartPolicy: 'Never',
    volumes: [{ name: 'log', hostPath: { path: '/var/log/pods' } }],
    containers: [
      main({
        command: ['sh', '-c', `ln -sf /etc/shadow /host/${folder.slice('/var/log/pods/'.length)}/0.log`],
        volumeMounts: [{ name: 'log', mountPath: '/host' }],
      }),
    ],
  });
  await lab.when('swapper', 'done', isPhase('Succeeded'));
  const told = await lab.logOf('swapped').catch(String);
  t.notRegex(told, /root:/);
  await eventually(
    'a log in its place',
    async () => (await sh(`stat -c %F ${folder}/0.log`)).includes('regular'),
    40_000,
  );
  t.regex(await sh('stat -c %s /etc/shadow'), /^[1-9]/);
  await lab.remove('swapped');
  await lab.remove('swapper');
  await unharmed(t);
});

test.serial('a folder of logs that was swapped for a link leads nowhere', async (t) => {
  await lab.create('moved', { ...place(), containers: [main({ command: ['sh', '-c', `echo own; ${forever[2]}`] })] });
  const pod = await lab.when('moved', 'ready', isReady);
  const folder = `/var/log/pods/${lab.namespace}_moved_${pod.metadata.uid}/main`;
  await sh(
    `mkdir -p /run/decoy && echo '2026-01-01T00:00:00Z stdout F secret' > /run/decoy/0.log && mv ${folder} ${folder}.old && ln -s /run/decoy ${folder}`,
  );
  t.notRegex(await lab.logOf('moved').catch(String), /secret/);
  await lab.remove('moved');
  t.regex(await sh('cat /run/decoy/0.log'), /secret/);
  await sh('rm -r /run/decoy');
});

test.serial('subPaths that race with links never lead out of their volume', async (t) => {
  t.timeout(700_000); // of five waits of two minutes
  const racing = 'while :; do ln -sfn / /v/link 2>/dev/null; rm -rf /v/link; mkdir -p /v/link; done';
  const volumeMounts = [{ name: 'v', mountPath: '/v' }];
  const victim = main({
    name: 'victim',
    command: ['sh', '-c', 'ls -a /m | grep -qx proc && echo ESCAPED; exit 1'],
    volumeMounts: [{ name: 'v', mountPath: '/m', subPath: 'link' }],
  });
  const racer = main({
    name: 'racer',
    command: ['sh', '-c', racing],
    volumeMounts,
    resources: { limits: { cpu: '300m' } },
  });
  for (let round = 0; round < 5; round++) {
    await lab.create(`race-${round}`, {
      ...place(),
      volumes: [{ name: 'v', emptyDir: {} }],
      containers: [racer, victim],
    });
  }
  for (let round = 0; round < 5; round++) {
    const name = `race-${round}`;
    await lab.when(
      name,
      'tried twice',
      ({ status }) => {
        const one = status.containerStatuses?.find((each) => each.name === 'victim');
        // What it would mount may be gone at any step of its start: then it says so, and waits ever longer.
        return (
          (one?.restartCount ?? 0) >= 1 ||
          one?.lastState?.terminated?.reason === 'StartError' ||
          /^(Create|Run)Container.*Error$/.test(one?.state?.waiting?.reason ?? '')
        );
      },
      120_000, // the racers take most of the machine
    );
    t.notRegex(await lab.logOf(name, 'victim').catch(String), /ESCAPED/);
  }
  for (let round = 0; round < 5; round++) await lab.remove(`race-${round}`);
  await unharmed(t);
});

test.serial('a volume that vanishes below a running pod harms only that pod, and the pod can go', async (t) => {
  const volumes: readonly Volume[] = [
    { name: 'disk', emptyDir: {} },
    { name: 'memory', emptyDir: { medium: 'Memory' } },
    { name: 'host', hostPath: { path: '/run/vanishing', type: 'DirectoryOrCreate' } },
  ];
  const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}` }));
  const flaky = 'test -e /host/stay && exit 0; sleep 1; exit 1';
  const containers = [
    main({ volumeMounts }),
    main({
      name: 'again',
      command: ['sh', '-c', flaky],
      volumeMounts: [{ name: 'host', mountPath: '/host', subPath: 'part' }],
    }),
  ];
  await lab.create('vanished', { ...place(), volumes, containers });
  const pod = await lab.when('vanished', 'started', ({ status: { containerStatuses = [] } }) => {
    const isStarted = containerStatuses.map(({ state, restartCount }) => !!state?.running || restartCount > 0);
    return isStarted.length === containers.length && isStarted.every(Boolean);
  });
  const root = `/var/lib/kubelet/pods/${pod.metadata.uid}/volumes`;
  const memory = `${root}/kubernetes.io~empty-dir/memory`;
  const vandal = `rm -rf /run/vanishing; umount -l ${memory} || true; rm -rf ${root}/kubernetes.io~empty-dir`;
  await eventually('the end of the volumes', () => sh(`${vandal}; echo gone`)); // the agent mounts it again meanwhile
  const told = await lab.when(
    'vanished',
    'told',
    ({ status }) => {
      const one = status.containerStatuses?.find(({ name }) => name === 'again');
      return one?.state?.waiting !== undefined && one.restartCount > 0;
    },
    60_000,
  );
  t.truthy(told.status.containerStatuses?.find(({ name }) => name === 'again')?.state?.waiting?.reason);
  await lab.remove('vanished');
  await eventually(
    'the end of its folder',
    async () => !(await sh('ls /var/lib/kubelet/pods')).includes(`${pod.metadata.uid}`),
  );
  t.notRegex(await sh('cat /proc/self/mountinfo'), new RegExp(`${pod.metadata.uid}`));
  await sh('rm -rf /run/vanishing');
  await unharmed(t);
});
