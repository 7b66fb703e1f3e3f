import test from 'ava';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import { type Change, isNodeChange, podChange } from './change.ts';
import type { Plugin } from './plugin.ts';
import { nodeResourcesFit } from './plugins/fit.ts';
import { interPodAffinity } from './plugins/inter-pod-affinity.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { nodePorts } from './plugins/node-ports.ts';
import { taintToleration } from './plugins/node-rules.ts';
import { Snapshot } from './snapshot.ts';

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
  t.deepEqual(podChange(undefined, pod), { what: 'pod', now: pod });
  t.deepEqual(podChange({ ...pod, spec: { ...pod.spec, nodeName: '' } }, pod), { what: 'pod', now: pod });
  t.is(podChange(pod, { ...pod, status: { phase: 'Running' } }), undefined);
  const labelled = { ...pod, metadata: { ...pod.metadata, labels: {} } };
  t.deepEqual(podChange(pod, labelled), { what: 'pod', now: labelled, before: pod });
});

const big = sized('2');
const world = new Snapshot();

function sized(cpu: string): Pod {
  return { ...pod, spec: { ...pod.spec, containers: [{ name: 'c', resources: { requests: { cpu } } }] } } as Pod;
}

const helps = test.macro<[string, Plugin, Pod, Change, boolean]>({
  title: (_title, what, { name }, _pod, _change, expected) =>
    `${name} ${expected ? 'tries again' : 'waits on'} ${what}`,
  exec(t, _what, plugin, waiting, change, expected) {
    t.is(plugin.helps?.(waiting, change, world) ?? change.what === 'node', expected);
  },
});

test(helps, 'when a pod goes', nodeResourcesFit, pod, { what: 'pod', before: pod }, true);
test(helps, 'when a pod comes', nodeResourcesFit, pod, { what: 'pod', now: pod }, false);
test(helps, 'when a pod takes less', nodeResourcesFit, pod, { what: 'pod', before: big, now: sized('1') }, true);
test(helps, 'when a pod takes more', nodeResourcesFit, pod, { what: 'pod', before: sized('1'), now: big }, false);
test(helps, 'when a large node comes', nodeResourcesFit, big, { what: 'node', now: node }, true);
test(helps, 'when a small node comes', nodeResourcesFit, sized('3'), { what: 'node', now: node }, false);
const taints = [{ key: 'k', effect: 'NoSchedule' }];
const tainted = { ...node, spec: { taints } } as Node;
test(helps, 'when a taint goes', taintToleration, pod, { what: 'node', now: node, before: tainted }, true);
test(helps, 'when a tainted node comes', taintToleration, pod, { what: 'node', now: tainted }, false);
test(helps, 'when a pod goes', taintToleration, pod, { what: 'pod', before: pod }, false);
const choosy = { ...pod, spec: { ...pod.spec, nodeSelector: { zone: 'b' } } } as Pod;
test(helps, 'when another node comes', nodeAffinity, choosy, { what: 'node', now: node }, false);
test(helps, 'when a node like any comes', nodeAffinity, pod, { what: 'node', now: node }, true);
const ported = (hostPort: number) =>
  ({ ...pod, spec: { containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort }] }] } }) as Pod;
test(helps, 'when its port is free', nodePorts, ported(80), { what: 'pod', before: ported(80) }, true);
test(helps, 'when another port is free', nodePorts, ported(80), { what: 'pod', before: ported(81) }, false);
const terms = [{ topologyKey: 'zone', labelSelector: { matchLabels: { app: 'b' } } }];
const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } };
const near = { ...pod, spec: { ...pod.spec, affinity } } as Pod;
const other = { ...pod, metadata: { name: 'o', labels: { app: 'b' } } } as Pod;
test(helps, 'when its companion comes', interPodAffinity, near, { what: 'pod', now: other }, true);
test(helps, 'when a stranger comes', interPodAffinity, near, { what: 'pod', now: pod }, false);
test(helps, 'when one goes', interPodAffinity, near, { what: 'pod', before: pod }, true);
test(helps, 'when volumes change', nodeResourcesFit, pod, { what: 'volume' }, false);

test('podChange() tells when a pod has shrunk on its node, not when it was asked to', (t) => {
  const stands = (asked: string, has: string) => {
    const one = sized(asked);
    const [{ name }] = one.spec.containers as [{ name: string }];
    const containerStatuses = [{ name, resources: { requests: { cpu: has } } }];
    return {
      ...one,
      spec: { ...one.spec, nodeName: 'n' },
      status: { ...one.status, containerStatuses },
    } as unknown as Pod;
  };
  t.is(podChange(stands('2', '2'), stands('1', '2')), undefined);
  const done = podChange(stands('1', '2'), stands('1', '1'));
  t.true(done !== undefined && nodeResourcesFit.helps!(big, done, undefined as never));
});
