import test from 'ava';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import { helps, isNodeChange, podChange } from './change.ts';

const node = {
  metadata: { name: 'n', labels: { zone: 'a' } },
  spec: {},
  status: { allocatable: { cpu: '2' }, conditions: [] },
} as unknown as Node;
const pod = {
  metadata: { name: 'p', labels: { app: 'a' } },
  spec: { nodeName: 'n', containers: [{ name: 'c' }] },
  status: { phase: 'Pending' },
} as unknown as Pod;

test('isNodeChange() overlooks heartbeats', (t) => {
  t.true(isNodeChange(undefined, node));
  t.false(isNodeChange(node, { ...node, status: { ...node.status, conditions: [] } }));
  t.true(isNodeChange(node, { ...node, spec: { unschedulable: true } }));
  t.true(isNodeChange(node, { ...node, status: { allocatable: { cpu: '4' } } }));
});

test('podChange() tells what a change of a pod on a node is for others', (t) => {
  t.is(podChange(undefined, pod), 'place');
  t.is(podChange({ ...pod, spec: { ...pod.spec, nodeName: '' } }, pod), 'place');
  t.is(podChange(pod, { ...pod, status: { phase: 'Running' } }), undefined);
  t.is(podChange(pod, { ...pod, metadata: { ...pod.metadata, labels: {} } }), 'place');
  const smaller = [{ name: 'c', resources: { requests: { cpu: '1m' } } }];
  t.is(podChange(pod, { ...pod, spec: { ...pod.spec, containers: smaller } }), 'room');
});

test('helps() goes by why the pod was refused', (t) => {
  const full = helps(pod, new Map([['n', { reasons: ['Insufficient cpu'] }]]));
  t.true(full('room'));
  t.true(full('node'));
  t.false(full('place'));
  const tainted = helps(pod, new Map([['n', { reasons: ['node(s) had untolerated taint'], isFinal: true }]]));
  t.false(tainted('room'));
  t.true(tainted('node'));
  const near = { ...pod, spec: { ...pod.spec, affinity: { podAffinity: {} } } };
  t.true(helps(near, new Map())('place'));
  const claims = { ...pod, spec: { ...pod.spec, volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] } };
  t.true(helps(claims, new Map())('volume'));
  t.false(full('volume'));
});
