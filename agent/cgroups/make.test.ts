import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test from 'ava';
import { createSilentLog } from '#lib/log.ts';
import { exampleContainer, examplePod } from '../pods/example.ts';
import { type CgroupsOptions, createCgroups } from './cgroups.ts';

const resources = { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '500m', memory: '64Mi' } };
const pod = examplePod({ containers: [exampleContainer('main', { resources })] });

async function made(rest: Partial<CgroupsOptions>) {
  const mountPoint = await mkdtemp(`${tmpdir()}/cgroup-`);
  await writeFile(`${mountPoint}/cgroup.controllers`, 'cpu memory pids');
  const { signal } = new AbortController();
  const exec = () => Promise.reject(new Error('nothing is run'));
  const options = { driver: 'cgroupfs', root: '/', exec, log: createSilentLog(), mountPoint, ...rest } as const;
  await (await createCgroups(options, signal)).make(pod, signal);
  const read = (file: string) => readFile(`${mountPoint}/kubepods/podu1/${file}`, 'utf8');
  const found = await Promise.all(['cpu.max', 'memory.max', 'pids.max'].map(read));
  await rm(mountPoint, { recursive: true });
  return found;
}

test('make() limits a pod to what its containers may take', async (t) => {
  t.deepEqual(await made({}), ['50000 100000', String(64 * 1024 ** 2), 'max']);
});

test('make() leaves CPU limits out where the node does not hold to them, and limits processes where it does', async (t) => {
  t.deepEqual(await made({ enforcesCpuLimits: false, podPidsLimit: 7 }), ['max 100000', String(64 * 1024 ** 2), '7']);
});

test('statsOf() finds a container below its pod, and says nothing of one that is gone', async (t) => {
  const mountPoint = await mkdtemp(`${tmpdir()}/cgroup-`);
  const folder = `${mountPoint}/cpu/kubepods/podu1/c1`;
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/cpu.stat`, 'nr_periods 3\nnr_throttled 2\nthrottled_time 1000000000\n');
  const exec = () => Promise.reject(new Error('nothing is run'));
  const options = { driver: 'cgroupfs', root: '/', exec, log: createSilentLog(), mountPoint } as const;
  const cgroups = await createCgroups(options, new AbortController().signal);
  t.like(await cgroups.statsOf(pod, 'c1'), { periods: 3, throttledPeriods: 2, throttledSeconds: 1, cacheBytes: 0 });
  t.is(await cgroups.statsOf(pod, 'c2'), undefined);
  await rm(mountPoint, { recursive: true });
});
