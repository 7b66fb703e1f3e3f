import test from 'ava';
import { goes, node, pod, zone } from './testing.ts';
import { podTopologySpread } from './topology-spread.ts';

// Rule: Pod Topology Spread Constraints, rule by rule.

const app = { app: 'x' };
const spreads = (more: object = {}, labels: object = app, spec: object = {}) => {
  const labelSelector = { matchLabels: app };
  const base = { topologyKey: zone, maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', labelSelector };
  return pod(labels, undefined, { topologySpreadConstraints: [{ ...base, ...more }], ...spec });
};
const plugin = podTopologySpread;
const zones = [node('a1'), node('b2')];
test(goes, 'fills the emptier zone', { plugin, nodes: zones, pods: [pod(app, 'a')], wanted: spreads() }, 'b');
test(
  goes,
  'counts no pods of other namespaces',
  {
    plugin,
    nodes: [zones[0]!, node('b2', { unschedulable: true })],
    pods: [pod(app, 'a', {}, 'other')],
    wanted: spreads(),
  },
  'a',
);
test(
  goes,
  'counts no pods that are going',
  {
    plugin,
    nodes: [node('a1')],
    pods: [
      {
        ...pod(app, 'a'),
        metadata: { name: 'g', uid: 'g', namespace: 'default', labels: app, deletionTimestamp: '2026-01-01T00:00:00Z' },
      },
    ],
    wanted: spreads({ minDomains: 2 }),
  },
  'a',
);
test(
  goes,
  'allows as much skew as it is told',
  { plugin, nodes: [node('a1'), node('b2')], pods: [pod(app, 'a')], wanted: spreads({ maxSkew: 2 }) },
  'a',
);
test(
  goes,
  'takes missing domains for empty ones',
  { plugin, nodes: [node('a1')], pods: [pod(app, 'a')], wanted: spreads({ minDomains: 2 }) },
  undefined,
);
test(
  goes,
  'is content with the domains that are there',
  { plugin, nodes: [node('a1')], pods: [pod(app, 'a')], wanted: spreads() },
  'a',
);
test(goes, 'keeps off nodes without the label', { plugin, nodes: [node('a')], wanted: spreads() }, undefined);
const apartFrom = { nodeSelector: { disk: 'ssd' } };
const ssd = [node('a1', {}, { disk: 'ssd' }), node('b2')];
test(
  goes,
  'counts only nodes that the pod may go to',
  { plugin, nodes: ssd, pods: [pod(app, 'a')], wanted: spreads({}, app, apartFrom) },
  'a',
);
test(
  goes,
  'counts all nodes where it is told to ignore affinity',
  {
    plugin,
    nodes: ssd,
    pods: [pod(app, 'a')],
    wanted: spreads({ nodeAffinityPolicy: 'Ignore', minDomains: 2 }, app, apartFrom),
  },
  'b',
);
const tainted = [node('a1'), node('b2', { taints: [{ key: 'k', effect: 'NoSchedule' }] })];
test(goes, 'counts tainted nodes', { plugin, nodes: tainted, pods: [pod(app, 'a')], wanted: spreads() }, 'b');
test(
  goes,
  'counts none that are not tolerated where it is told to honour taints',
  { plugin, nodes: tainted, pods: [pod(app, 'a')], wanted: spreads({ nodeTaintsPolicy: 'Honor' }) },
  'a',
);
const rev = { ...app, rev: '2' };
test(
  goes,
  'tells revisions apart by matchLabelKeys',
  { plugin, nodes: zones, pods: [pod({ ...app, rev: '1' }, 'a')], wanted: spreads({ matchLabelKeys: ['rev'] }, rev) },
  'a',
);
test(
  goes,
  'overlooks keys that the pod does not bear',
  { plugin, nodes: zones, pods: [pod(app, 'a')], wanted: spreads({ matchLabelKeys: ['none'] }) },
  'b',
);
test(
  goes,
  'does not count a pod that is not of its own',
  { plugin, nodes: zones, pods: [pod(app, 'a')], wanted: spreads({}, {}) },
  'a',
);
test(
  goes,
  'prefers the emptier zone where it need not',
  { plugin, nodes: zones, pods: [pod(app, 'a')], wanted: spreads({ whenUnsatisfiable: 'ScheduleAnyway' }) },
  'b',
);
