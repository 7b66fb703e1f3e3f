import { type Checks, same } from './checks.ts';
import type { Machine } from './machine.ts';

export type Driver = 'cgroupfs' | 'systemd';

export interface SuiteTools {
  readonly driver: Driver;
  readonly machine: Machine;
  kubectl(words: readonly string[], input?: string): Promise<string>;
  readonly checks: Checks;
  readonly cpus: number;
}

const image = 'skiff.local/tools:1';
const classes = {
  guaranteed: { limits: { cpu: '500m', memory: '64Mi' } },
  burstable: { requests: { cpu: '250m', memory: '16Mi' }, limits: { memory: '32Mi' } },
  besteffort: {},
} as const;
type Class = keyof typeof classes;

function podOf(name: string, resources: object, command: string, more: object = {}): object {
  const container = { name: 'c', image, command: ['sh', '-c', command], resources };
  const spec = { terminationGracePeriodSeconds: 0, containers: [container], ...more };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec };
}

/** Cgroups of pods by QoS class, with what they ask for, on cgroup v2. Names and numbers are upstream's. */
export async function runCgroupSuite(tools: SuiteTools): Promise<void> {
  const { driver, machine, kubectl, checks, cpus } = tools;
  const check = (name: string, body: () => Promise<string | undefined>) => checks.check(`${driver}: ${name}`, body);
  const apply = (objects: readonly object[]) =>
    kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  const field = (pod: string, path: string) => kubectl(['get', 'pod', pod, '-o', `jsonpath={${path}}`]);
  const containerId = async (pod: string) =>
    (await field(pod, '.status.containerStatuses[0].containerID')).split('//')[1]!;

  async function folderOf(pod: string, kind: Class): Promise<string> {
    const uid = await field(pod, '.metadata.uid');
    const path = kind === 'guaranteed' ? ['kubepods'] : ['kubepods', kind];
    if (driver === 'cgroupfs') return `/${[...path, `pod${uid}`].join('/')}`;
    const names = [...path, `pod${uid.replaceAll('-', '_')}`];
    return `/${names.map((_, at) => `${names.slice(0, at + 1).join('-')}.slice`).join('/')}`;
  }

  /** Of a cgroup's files, `name=value` each. */
  async function read(folder: string, ...files: readonly string[]): Promise<string> {
    const said = await machine.run(
      `cd /sys/fs/cgroup${folder}; for f in ${files.join(' ')}; do echo "$f=$(cat $f)"; done`,
    );
    return said.trim().split('\n').join(' ');
  }
  const limits = ['cpu.weight', 'cpu.max', 'memory.max', 'pids.max'] as const;
  const within = (folder: string, id: string) =>
    driver === 'cgroupfs' ? `${folder}/${id}` : `${folder}/cri-containerd-${id}.scope`;
  const top = driver === 'cgroupfs' ? '/kubepods' : '/kubepods.slice';
  const classFolder = (kind: Class) => (driver === 'cgroupfs' ? `${top}/${kind}` : `${top}/kubepods-${kind}.slice`);

  await check('all pods together have what the machine has', async () => {
    const [kibi] = /\d+/.exec(await machine.run('grep MemTotal /proc/meminfo'))!;
    const weight = Math.floor(1 + ((cpus * 1024 - 2) * 9999) / 262_142);
    const found = await read(top, 'cpu.weight', 'memory.max');
    same(found, `cpu.weight=${weight} memory.max=${Number(kibi) * 1024}`, top);
    return `${top} ${found}`;
  });

  await check('pods of three classes run', async () => {
    await apply(Object.entries(classes).map(([name, resources]) => podOf(name, resources, 'sleep 100000')));
    await kubectl(['wait', 'pod', '--all', '--for=condition=Ready', '--timeout=180s']);
    return (await kubectl(['get', 'pods', '-o', 'custom-columns=N:.metadata.name,Q:.status.qosClass', '--no-headers']))
      .trim()
      .replaceAll(/ +/g, '=')
      .replaceAll('\n', ' ');
  });

  const expected = {
    guaranteed: 'cpu.weight=20 cpu.max=50000 100000 memory.max=67108864',
    burstable: 'cpu.weight=10 cpu.max=max 100000 memory.max=33554432',
    besteffort: 'cpu.weight=1 cpu.max=max 100000 memory.max=max',
  } as const;
  for (const kind of Object.keys(classes) as Class[]) {
    await check(`a ${kind} pod's cgroup and its container's`, async () => {
      const folder = await folderOf(kind, kind);
      const found = await read(folder, ...limits);
      same(found, `${expected[kind]} pids.max=200`, folder);
      const inner = within(folder, await containerId(kind));
      same(await read(inner, ...limits.slice(0, 3), 'memory.oom.group'), `${expected[kind]} memory.oom.group=1`, inner);
      same(
        (await machine.run(`wc -l </sys/fs/cgroup${inner}/cgroup.procs`)).trim(),
        '1',
        'the number of its processes',
      );
      return `${folder} ${found}`;
    });
  }

  await check('classes have the share that their pods ask for', async () => {
    await machine.run(
      `for i in $(seq 100); do [ "$(cat /sys/fs/cgroup${classFolder('burstable')}/cpu.weight)" = 10 ] && exit; sleep 0.2; done; exit 1`,
    );
    const found = await read(classFolder('besteffort'), 'cpu.weight');
    same(found, 'cpu.weight=1', 'besteffort');
    return `${classFolder('burstable')} cpu.weight=10, ${classFolder('besteffort')} ${found}`;
  });

  await check('exec and logs', async () => {
    same((await kubectl(['exec', 'burstable', '--', 'cat', '/sys/fs/cgroup/memory.max'])).trim(), '33554432', 'exec');
    await apply([podOf('speaker', {}, 'echo hello from $(hostname); sleep 100000')]);
    await kubectl(['wait', 'pod', 'speaker', '--for=condition=Ready', '--timeout=120s']);
    same((await kubectl(['logs', 'speaker'])).trim(), 'hello from speaker', 'the log');
    return undefined;
  });

  await check('a limit of CPU holds', async () => {
    const hog = podOf('hog', { limits: { cpu: '100m', memory: '32Mi' } }, 'while :; do :; done');
    await apply([hog]);
    await kubectl(['wait', 'pod', 'hog', '--for=condition=Ready', '--timeout=120s']);
    const folder = await folderOf('hog', 'guaranteed');
    // Both clocks are the machine's own, read side by side: one that is short of CPU itself answers late.
    const look = `cut -d' ' -f1 /proc/uptime; sed -n 's/usage_usec //p' /sys/fs/cgroup${folder}/cpu.stat`;
    const said = await machine.run(`${look}; sleep 5; ${look}`);
    const [startS = 0, usedBefore = 0, endS = 0, usedAfter = 0] = said.trim().split(/\s+/).map(Number);
    const percent = (usedAfter - usedBefore) / 10_000 / (endS - startS);
    if (percent > 15) throw new Error(`it used ${percent.toFixed(1)} % of a CPU, and 10 % is its limit`);
    await kubectl(['delete', 'pod', 'hog', '--wait']);
    return `${percent.toFixed(1)} % of a CPU, limited to 10 %`;
  });

  await check('out of memory: the whole container is killed, and that is what is reported', async () => {
    const limited = { limits: { memory: '32Mi' } };
    await apply([
      podOf('glutton', limited, 'tail /dev/zero & wait; echo survived; sleep 100000', { restartPolicy: 'Never' }),
    ]);
    await kubectl(['wait', 'pod', 'glutton', '--for=jsonpath={.status.phase}=Failed', '--timeout=180s']);
    const state = JSON.parse(await field('glutton', '.status.containerStatuses[0].state.terminated')) as {
      readonly reason: string;
      readonly exitCode: number;
    };
    same([state.reason, state.exitCode], ['OOMKilled', 137], 'its end');
    same(await kubectl(['logs', 'glutton']), '', 'its log');
    return `${state.reason}, exit code ${state.exitCode}`;
  });

  await check('resized in place', async () => {
    const id = await containerId('guaranteed');
    const bigger = { requests: { cpu: '800m', memory: '96Mi' }, limits: { cpu: '800m', memory: '96Mi' } };
    const patch = JSON.stringify({ spec: { containers: [{ name: 'c', resources: bigger }] } });
    await kubectl(['patch', 'pod', 'guaranteed', '--subresource', 'resize', '--patch', patch]);
    const folder = await folderOf('guaranteed', 'guaranteed');
    const inner = within(folder, id);
    await machine.run(
      `for i in $(seq 100); do [ "$(cat /sys/fs/cgroup${inner}/memory.max)" = 100663296 ] && exit; sleep 0.2; done; exit 1`,
    );
    const found = await read(folder, 'cpu.max', 'memory.max');
    same(found, 'cpu.max=80000 100000 memory.max=100663296', folder);
    same(await read(inner, 'cpu.max'), 'cpu.max=80000 100000', inner);
    same(await containerId('guaranteed'), id, 'its container');
    return found;
  });

  await check('the agent is killed and started again: no container is touched', async () => {
    const state = () => kubectl(['get', 'pods', '-o', 'jsonpath={.items[*].status.containerStatuses[*].containerID}']);
    const before = await state();
    await machine.run(
      'systemctl kill -s KILL skiff-agent; for i in $(seq 90); do sleep 1; systemctl -q is-active skiff-agent && exit; done; exit 1',
    );
    await kubectl(['wait', 'node', '--all', '--for=condition=Ready', '--timeout=120s']);
    same(await state(), before, 'what runs');
    return undefined;
  });

  await check('nothing is left of deleted pods', async () => {
    await kubectl(['delete', 'pods', '--all', '--wait', '--timeout=120s']);
    const left = await machine.run(
      `for i in $(seq 100); do
         left=$(find /sys/fs/cgroup${top} -type d -name '*pod*-*' ! -name 'kubepods-*t.slice' ! -name 'kubepods-burstable.slice' | grep -E 'pod[0-9a-f]{8}' || true)
         left="$left$(ls /run/systemd/transient /run/systemd/system.control 2>/dev/null | grep -E 'pod[0-9a-f]{8}' || true)"
         [ -z "$left" ] && exit; sleep 0.2
       done; echo "$left"`,
    );
    same(left.trim(), '', 'what is left');
    return undefined;
  });
}
