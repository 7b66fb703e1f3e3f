// What the API documentation says of affinity, taints and places of volumes, rule by rule.
import test from 'ava';
import type { PersistentVolume, PersistentVolumeClaim } from '#lib/api/types/core.v1.ts';
import { createInterPodAffinity, interPodAffinity } from './inter-pod-affinity.ts';
import { createNodeAffinity, nodeAffinity } from './node-affinity.ts';
import { taintToleration } from './node-rules.ts';
import { goes, hostname, node, pod, zone } from './testing.ts';
import { createVolumeRestrictions, createVolumeZone } from './volume-rules.ts';

const app = { app: 'x' };
const rev = { ...app, rev: '2' };
const zones = [node('a1'), node('b2')];

const term = (more: object = {}) => ({ topologyKey: zone, labelSelector: { matchLabels: app }, ...more });
const near = (more: object = {}, labels: object = {}) =>
  pod(labels, undefined, {
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(more)] } },
  });
const far = (more: object = {}, labels: object = {}) =>
  pod(labels, undefined, {
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(more)] } },
  });
const affine = { plugin: interPodAffinity, nodes: [node('a1'), node('b2'), node('c2')] };
test(goes, 'goes into the zone of its companion', { ...affine, pods: [pod(app, 'b')], wanted: near() }, 'b');
test(goes, 'goes nowhere without one', { ...affine, wanted: near() }, undefined);
test(goes, 'lets the first of a group in', { ...affine, wanted: near({}, app) }, 'a');
test(
  goes,
  'does not look into other namespaces',
  { ...affine, pods: [pod(app, 'b', {}, 'other')], wanted: near() },
  undefined,
);
test(
  goes,
  'looks into those that it names',
  { ...affine, pods: [pod(app, 'b', {}, 'other')], wanted: near({ namespaces: ['other'] }) },
  'b',
);
const namespaces = { other: { team: 'y' } };
const inTeam = { namespaceSelector: { matchLabels: { team: 'y' } } };
test(
  goes,
  'looks into those that it selects',
  { ...affine, namespaces, pods: [pod(app, 'b', {}, 'other')], wanted: near(inTeam) },
  'b',
);
test(goes, 'then not into its own', { ...affine, namespaces, pods: [pod(app, 'b')], wanted: near(inTeam) }, undefined);
test(
  goes,
  'looks everywhere where it selects all',
  { ...affine, pods: [pod(app, 'b', {}, 'other')], wanted: near({ namespaceSelector: {} }) },
  'b',
);
test(
  goes,
  'goes only to its own revision by matchLabelKeys',
  {
    ...affine,
    pods: [pod({ ...app, rev: '1' }, 'a'), pod(rev, 'b')],
    wanted: near({ matchLabelKeys: ['rev'] }, { rev: '2' }),
  },
  'b',
);
test(
  goes,
  'keeps off other tenants by mismatchLabelKeys',
  {
    ...affine,
    pods: [pod({ ...app, tenant: '1' }, 'a'), pod({ ...app, tenant: '2' }, 'b')],
    wanted: far({ mismatchLabelKeys: ['tenant'] }, { tenant: '2' }),
  },
  'b',
);
const hosts = { topologyKey: hostname };
const preferring = (weight: number) => ({
  affinity: {
    podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm: term(hosts) }] },
  },
});
test(
  goes,
  'prefers its companions',
  { ...affine, pods: [pod(app, 'c')], wanted: pod({}, undefined, preferring(5)) },
  'c',
);
test(
  goes,
  'heeds what those who run prefer',
  { ...affine, pods: [pod({}, 'c', preferring(5))], wanted: pod(app) },
  'c',
);
const aloof = createInterPodAffinity({ ignorePreferredTermsOfExistingPods: true });
test(
  goes,
  'does not where it is told so',
  { ...affine, plugin: aloof, pods: [pod({}, 'c', preferring(5))], wanted: pod(app) },
  'a',
);

const prefers = (value: string) => ({
  nodeAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight: 1, preference: { matchExpressions: [{ key: zone, operator: 'In', values: [value] }] } },
    ],
  },
});
test(
  goes,
  'prefers what the pod prefers',
  { plugin: nodeAffinity, nodes: zones, wanted: pod({}, undefined, { affinity: prefers('2') }) },
  'b',
);
const requires = (operator: string, values: readonly string[]) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'n', operator, values }] }],
    },
  },
});
const numbered = [node('a1', {}, { n: '5' }), node('b2', {}, { n: '10' })];
for (const [operator, values, expected] of [
  ['Gt', ['7'], 'b'],
  ['Lt', ['7'], 'a'],
  ['NotIn', ['5'], 'b'],
  ['DoesNotExist', [], undefined],
] as const) {
  test(
    goes,
    `obeys ${operator} [${values}]`,
    { plugin: nodeAffinity, nodes: numbered, wanted: pod({}, undefined, { affinity: requires(operator, values) }) },
    expected,
  );
}
const added = createNodeAffinity({ addedAffinity: requires('In', ['10']).nodeAffinity as never });
test(goes, 'adds what the profile asks of all', { plugin: added, nodes: numbered, wanted: pod({}) }, 'b');

const soft = [node('a1', { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }), node('b2')];
test(goes, 'avoids taints that only advise', { plugin: taintToleration, nodes: soft, wanted: pod({}) }, 'b');
test(
  goes,
  'does not avoid those that the pod tolerates',
  {
    plugin: taintToleration,
    nodes: soft,
    wanted: pod({}, undefined, { tolerations: [{ key: 'k', operator: 'Exists' }] }),
  },
  'a',
);

const claim = (labels: object, accessModes: readonly string[] = []) => {
  const made = {
    metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } },
    spec: { volumeName: 'pv', accessModes },
  };
  return {
    claimAt: () => made as unknown as PersistentVolumeClaim,
    volumeNamed: () => ({ metadata: { name: 'pv', labels }, spec: {} }) as unknown as PersistentVolume,
    volumes: () => [],
    classNamed: () => undefined,
    driverNamed: () => undefined,
    capacities: () => [],
    promised: new Map<string, string>(),
  };
};
const claiming = (on?: string) => pod({}, on, { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] });
const older = 'failure-domain.beta.kubernetes.io/zone';
test(
  goes,
  'keeps a pod in the zone of its volume',
  { plugin: createVolumeZone(claim({ [zone]: '2' })), nodes: zones, wanted: claiming() },
  'b',
);
test(
  goes,
  'reads several zones, and older labels',
  { plugin: createVolumeZone(claim({ [older]: '2__3' })), nodes: zones, wanted: claiming() },
  'b',
);
test(
  goes,
  'keeps off nodes of no zone',
  { plugin: createVolumeZone(claim({ [zone]: '2' })), nodes: [node('a')], wanted: claiming() },
  undefined,
);
const alone = createVolumeRestrictions(claim({}, ['ReadWriteOncePod']));
test(
  goes,
  'gives a claim for one pod to no second one, wherever',
  { plugin: alone, nodes: zones, pods: [claiming('a')], wanted: claiming() },
  undefined,
);
const shared = createVolumeRestrictions(claim({}, ['ReadWriteOnce']));
test(
  goes,
  'lets pods share another claim',
  { plugin: shared, nodes: zones, pods: [claiming('a')], wanted: claiming() },
  'a',
);
