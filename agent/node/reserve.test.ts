import test from 'ava';
import type { Machine } from './machine.ts';
import { leftForPods, limitOfPods, standardReserve } from './reserve.ts';

const gibi = 1024 ** 3;
const machine = { cpus: 4, memoryBytes: 4 * gibi, storageBytes: 100 * gibi, hugePages: {} } as unknown as Machine;
const rule = {
  ...standardReserve,
  systemReserved: { cpu: '500m', memory: '1Gi' },
  kubeReserved: { cpu: '250m', memory: '512Mi', 'ephemeral-storage': '10Gi' },
};

test('leftForPods() takes off what eviction keeps free, and huge pages', (t) => {
  t.deepEqual(leftForPods({ ...machine, hugePages: { '2Mi': gibi } }, standardReserve), {
    cpuMilli: 4000,
    memoryBytes: 3 * gibi - 100 * 1024 ** 2,
    storageBytes: 90 * gibi,
  });
});

test('leftForPods() takes off what is reserved, too', (t) => {
  const evictionHard = { 'memory.available': '25%' };
  t.deepEqual(leftForPods(machine, { ...rule, evictionHard }), {
    cpuMilli: 3250,
    memoryBytes: 1.5 * gibi,
    storageBytes: 90 * gibi,
  });
  t.is(leftForPods(machine, { ...rule, kubeReserved: { memory: '9Gi' } }).memoryBytes, 0);
});

test('limitOfPods() lets pods have what eviction would keep free, and all if nothing is enforced', (t) => {
  t.deepEqual(limitOfPods(machine, rule), { cpuMilli: 3250, memoryBytes: 2.5 * gibi, storageBytes: 90 * gibi });
  t.is(limitOfPods(machine, { ...rule, isEnforced: false }).memoryBytes, 4 * gibi);
});
