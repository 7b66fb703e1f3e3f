import test from 'ava';
import { exampleContainer, examplePod } from '../pods/example.ts';
import { parentForRuntime, podPath, uidOfName } from './layout.ts';
import { containerLimits, cpuQuotaMicros, cpuShares, type Limits, oomScoreAdj, podLimits } from './limits.ts';
import { qosOf } from './qos.ts';
import { propertiesOf, writesOf } from './writes.ts';

const guaranteed = { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '500m', memory: '64Mi' } };
const burstable = { requests: { cpu: '250m' }, limits: { memory: '32Mi' } };
const pod = (...all: readonly object[]) =>
  examplePod({ containers: all.map((resources, at) => exampleContainer(`c${at}`, { resources })) });

test('qosOf() knows the three classes', (t) => {
  t.is(qosOf(pod({})), 'BestEffort');
  t.is(qosOf(pod(guaranteed)), 'Guaranteed');
  t.is(qosOf(pod(guaranteed, {})), 'Burstable');
  t.is(qosOf(pod(burstable)), 'Burstable');
  t.is(qosOf(pod({ requests: { cpu: '0' } })), 'BestEffort');
});

test('cpuShares() and cpuQuotaMicros() keep to the kernel’s bounds', (t) => {
  t.deepEqual([0, 1, 100, 1000, 1e9].map(cpuShares), [2, 2, 102, 1024, 262_144]);
  t.deepEqual([0, 1, 100, 1500].map(cpuQuotaMicros), [0, 1000, 10_000, 150_000]);
});

test('containerLimits() takes a limit for a request', (t) => {
  t.deepEqual(containerLimits({ resources: { limits: { cpu: '1' } } }), { cpuShares: 1024, cpuQuotaMicros: 100_000 });
});

test('podLimits() limits a pod only if every container is', (t) => {
  t.deepEqual(podLimits(pod(guaranteed, guaranteed)), {
    cpuShares: 1024,
    cpuQuotaMicros: 100_000,
    memoryBytes: 2 ** 27,
  });
  t.deepEqual(podLimits(pod(guaranteed, burstable)), { cpuShares: 768, memoryBytes: 96 * 2 ** 20 });
});

test('oomScoreAdj() kills those first who asked for nothing', (t) => {
  const [one] = pod(burstable).spec.containers;
  t.is(oomScoreAdj(pod({}), one!, 2 ** 30), 1000);
  t.is(oomScoreAdj(pod(guaranteed), one!, 2 ** 30), -997);
  t.is(oomScoreAdj(pod(burstable), { resources: { requests: { memory: '512Mi' } } }, 2 ** 30), 500);
  t.is(oomScoreAdj(pod(burstable), { resources: {} }, 2 ** 30), 999);
});

test('podPath() is upstream’s under both drivers', (t) => {
  const uid = '36945f1d-1125-4f7b-8d92-7297e7150b17';
  const one = { ...pod(burstable), metadata: { name: 'a', uid } };
  t.is(podPath({ driver: 'cgroupfs', root: '/' }, one), `/kubepods/burstable/pod${uid}`);
  t.is(podPath({ driver: 'cgroupfs', root: '/lab/n1' }, one), `/lab/n1/kubepods/burstable/pod${uid}`);
  const slice = `kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`;
  t.is(podPath({ driver: 'systemd', root: '/' }, one), `/kubepods.slice/kubepods-burstable.slice/${slice}`);
  t.is(parentForRuntime({ driver: 'systemd', root: '/' }, one), slice);
  t.is(uidOfName(slice), uid);
  t.is(uidOfName(`pod${uid}`), uid);
  t.is(uidOfName('burstable'), undefined);
});

test('writesOf() speaks v1 and v2', (t) => {
  const limits = { cpuShares: 1024, cpuQuotaMicros: 50_000, memoryBytes: 1000 };
  const shown = (isV2: boolean, of: Limits) => writesOf(of, isV2).map(({ file, value }) => `${file}=${value}`);
  t.deepEqual(shown(true, limits), ['cpu.weight=39', 'cpu.max=50000 100000', 'memory.max=1000', 'pids.max=max']);
  t.deepEqual(shown(true, { cpuShares: 2, pids: 9 }), [
    'cpu.weight=1',
    'cpu.max=max 100000',
    'memory.max=max',
    'pids.max=9',
  ]);
  t.deepEqual(shown(false, { cpuShares: 2 }), [
    'cpu.shares=2',
    'cpu.cfs_period_us=100000',
    'cpu.cfs_quota_us=-1',
    'memory.limit_in_bytes=-1',
    'pids.max=max',
  ]);
});

test('propertiesOf() says the same to systemd, in whole percents', (t) => {
  const shown = (of: Limits, isV2: boolean) => propertiesOf(of, isV2).map(({ name, value }) => `${name}=${value}`);
  const infinite = String(2n ** 64n - 1n);
  t.deepEqual(shown({ cpuShares: 1024, cpuQuotaMicros: 12_350, memoryBytes: 1000, pids: 9 }, true), [
    'CPUWeight=39',
    'CPUQuotaPerSecUSec=130000',
    'MemoryMax=1000',
    'TasksMax=9',
  ]);
  t.deepEqual(shown({ cpuShares: 2 }, false), [
    'CPUShares=2',
    `CPUQuotaPerSecUSec=${infinite}`,
    `MemoryLimit=${infinite}`,
    `TasksMax=${infinite}`,
  ]);
});
