import test from 'ava';
import { exampleContainer, examplePod } from '../pods/example.ts';
import { parentForRuntime, podPath, uidOfName } from './layout.ts';
import { containerLimits, cpuQuotaMicros, cpuShares, oomScoreAdj, podLimits } from './limits.ts';
import { qosOf } from './qos.ts';
import { weightOf, writesOf } from './writes.ts';

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
  t.deepEqual(
    writesOf(limits, true).map(({ file, value }) => `${file}=${value}`),
    [`cpu.weight=${weightOf(1024)}`, 'cpu.max=50000 100000', 'memory.max=1000'],
  );
  t.deepEqual(writesOf({ cpuShares: 2, pids: 9 }, false).at(-1), { controller: 'pids', file: 'pids.max', value: '9' });
  t.deepEqual(writesOf({ cpuShares: 2, pids: 9 }, true).at(-1), { controller: '', file: 'pids.max', value: '9' });
  t.deepEqual(writesOf({ cpuShares: 2 }, false), [{ controller: 'cpu', file: 'cpu.shares', value: '2' }]);
});
