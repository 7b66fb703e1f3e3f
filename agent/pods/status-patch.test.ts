import test from 'ava';
import { isOnlyBeginning, isOnlyGeneration, statusPatch } from './status-patch.ts';

test('statusPatch() has only what differs', (t) => {
  t.is(statusPatch({ phase: 'Running', podIP: 'a' }, { podIP: 'a', phase: 'Running' }), undefined);
  t.deepEqual(statusPatch({ phase: 'Pending' }, { phase: 'Running' }), { phase: 'Running' });
});

test('statusPatch() takes away what is no longer so, of our own fields only', (t) => {
  const told = { podIP: 'a', reason: 'Evicted', qosClass: 'BestEffort' } as const;
  t.deepEqual(statusPatch(told, {}), { podIP: null, reason: null });
});

test('statusPatch() replaces addresses as a whole', (t) => {
  t.deepEqual(statusPatch({ podIPs: [{ ip: 'a' }] }, { podIPs: [{ ip: 'b' }] }), {
    podIPs: [{ ip: 'b' }, { $patch: 'replace' }],
  });
});

test('statusPatch() sends changed conditions, with what they lost', (t) => {
  const told = {
    conditions: [
      { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
      { type: 'PodScheduled', status: 'True' },
    ],
  };
  const wanted = {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'PodScheduled', status: 'True' },
    ],
  };
  t.deepEqual(statusPatch(told, wanted), { conditions: [{ type: 'Ready', status: 'True', reason: null }] });
});

test('isOnlyGeneration() tells a change that was merely seen from what came of it', (t) => {
  const at = (observedGeneration: number, status = 'True') => ({
    observedGeneration,
    phase: 'Running' as const,
    conditions: [{ type: 'Ready', status, observedGeneration }],
  });
  t.true(isOnlyGeneration(at(1), at(2)));
  t.false(isOnlyGeneration(at(1), at(2, 'False')));
});

test('isOnlyBeginning() tells a pod that was merely seen from one of which there is something to say', (t) => {
  const told = { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'True' }] } as const;
  const one = (reason: string) => ({
    name: reason,
    ready: false,
    restartCount: 0,
    image: '',
    imageID: '',
    state: { waiting: { reason } },
  });
  const wanted = { ...told, startTime: '2026-01-01T00:00:00Z', containerStatuses: [one('ContainerCreating')] };
  t.true(isOnlyBeginning(told, wanted));
  t.true(isOnlyBeginning(told, { ...wanted, initContainerStatuses: [one('PodInitializing')] }));
  t.false(isOnlyBeginning(wanted, wanted));
  t.false(isOnlyBeginning(told, { ...wanted, phase: 'Failed' }));
  t.false(isOnlyBeginning(told, { ...wanted, containerStatuses: [one('ErrImagePull'), one('ContainerCreating')] }));
});
