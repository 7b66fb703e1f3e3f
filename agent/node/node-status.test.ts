import test from 'ava';
import type { NodeStatus } from '#lib/api/types/core.v1.ts';
import { isNews, type NodeFacts, nodeStatusOf, withdrawn } from './node-status.ts';

const facts = {
  name: 'a',
  ips: ['10.0.0.1'],
  port: 10250,
  isShuttingDown: false,
  machine: {
    cpus: 2,
    memoryBytes: 4 * 1024 ** 3,
    swapBytes: 0,
    storageBytes: 1024 ** 3,
    hugePages: { '2Mi': 0 },
    hasAppArmor: false,
    info: {},
  },
  maxPods: 110,
  runtimeVersion: 'containerd://1.6.20',
  kubeletVersion: 'v1.37.0',
  runtime: [],
  runtimeFeatures: {},
  network: { isReady: true, message: '' },
  images: [],
  before: undefined,
  nowMs: 0,
} as unknown as NodeFacts;

test('nodeStatusOf() gives to pods what somebody else advertises', (t) => {
  const before = { capacity: { cpu: '9', 'example.com/gpu': '3' } } as unknown as NodeStatus;
  const status = nodeStatusOf({ ...facts, before });
  t.like(status.allocatable, { 'example.com/gpu': '3', cpu: '2' });
  t.like(status.capacity, { 'example.com/gpu': '3', cpu: '2' });
  t.true(isNews(before, status));
});

test('withdrawn() names what is advertised no longer', (t) => {
  const before = { allocatable: { 'example.com/gpu': '3' }, capacity: {} } as unknown as NodeStatus;
  t.deepEqual(withdrawn(before, nodeStatusOf({ ...facts, before })), ['example.com/gpu']);
});

test('isNews() takes a heartbeat for none', (t) => {
  const before = nodeStatusOf(facts);
  t.false(isNews(before, nodeStatusOf({ ...facts, before, nowMs: 60_000 })));
});

test('nodeStatusOf() declares what this agent can do, and says so where it was not known', (t) => {
  const status = nodeStatusOf(facts);
  t.deepEqual(status.declaredFeatures, [
    'InPlacePodLevelResourcesVerticalScaling',
    'RestartAllContainersOnContainerExits',
  ]);
  t.true(isNews({ ...status, declaredFeatures: undefined }, status));
});

test('nodeStatusOf() takes off what is reserved, and keeps to the number of images', (t) => {
  const reserve = { systemReserved: { cpu: '250m' }, kubeReserved: {}, evictionHard: {}, isEnforced: true };
  const images = [1, 3, 2].map((sizeBytes) => ({ names: [`i:${sizeBytes}`], sizeBytes }));
  const status = nodeStatusOf({ ...facts, reserve, images, mostImages: 2 });
  t.like(status.allocatable, { cpu: '1750m', memory: '4194304Ki' });
  t.deepEqual(
    status.images?.map(({ sizeBytes }) => sizeBytes),
    [3, 2],
  );
  t.is(nodeStatusOf({ ...facts, images, mostImages: -1 }).images?.length, 3);
  t.is(nodeStatusOf({ ...facts, images, mostImages: 0 }).images?.length, 0);
});

test('nodeStatusOf() tells of swap where there is some', (t) => {
  t.false('swap' in (nodeStatusOf(facts).nodeInfo ?? {}));
  const machine = { ...facts.machine, swapBytes: 1024 };
  t.deepEqual(nodeStatusOf({ ...facts, machine }).nodeInfo?.swap, { capacity: 1024 });
});

const readiness = (rest: Partial<NodeFacts>) => {
  const { status, reason, message } = nodeStatusOf({ ...facts, ...rest }).conditions!.find(
    ({ type }) => type === 'Ready',
  )!;
  return [status, reason, message];
};
test('nodeStatusOf() says why a node is not ready', (t) => {
  t.deepEqual(readiness({}), ['True', 'KubeletReady', 'kubelet is posting ready status']);
  t.deepEqual(readiness({ runtime: undefined }), ['False', 'KubeletNotReady', 'container runtime is down']);
  t.deepEqual(readiness({ isShuttingDown: true }), ['False', 'KubeletNotReady', 'node is shutting down']);
  const network = { type: 'NetworkReady', status: false, reason: 'NetworkPluginNotReady', message: 'no plugin' };
  t.deepEqual(readiness({ runtime: [network] }), [
    'False',
    'KubeletNotReady',
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:no plugin',
  ]);
});

test('nodeStatusOf() has the conditions of a node that lacks nothing', (t) => {
  t.deepEqual(
    nodeStatusOf(facts)
      .conditions!.slice(0, 3)
      .map(({ type, status, reason, message }) => [type, status, reason, message]),
    [
      ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
      ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
      ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    ],
  );
});
