import test from 'ava';
import { parseLabelSelector } from '#lib/api/selectors/labels.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '#lib/api/types/core.v1.ts';
import type { CSINode } from '#lib/api/types/storage.v1.ts';
import type { Plugin } from '../plugin.ts';
import { schedule } from '../schedule.ts';
import { Snapshot } from '../snapshot.ts';
import { balancedAllocation } from './balance.ts';
import { defaultPlugins } from './default.ts';
import { createFit } from './fit.ts';
import { imageLocality } from './image-locality.ts';
import { createTopologySpread } from './topology-spread.ts';
import { createVolumeLimits } from './volume-limits.ts';
import { createVolumeRestrictions } from './volume-rules.ts';

function node(name: string, zone = 'z'): Node {
  const labels = { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': zone };
  return {
    metadata: { name, labels },
    spec: {},
    status: { allocatable: { cpu: '10', memory: '10Gi', pods: '100' } },
  } as unknown as Node;
}

function pod(name: string, at?: string, spec: object = {}): Pod {
  const place = at === undefined ? {} : { nodeName: at };
  return {
    metadata: { name, namespace: 'default', uid: name, labels: { app: 'x' } },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1', memory: '1Gi' } } }], ...place, ...spec },
    status: {},
  } as unknown as Pod;
}

function snapshotOf(nodes: readonly Node[], pods: readonly Pod[]): Snapshot {
  const snapshot = new Snapshot();
  for (const one of nodes) snapshot.setNode(one);
  for (const one of pods) snapshot.setPod(one);
  return snapshot;
}

const goesTo = (plugins: readonly Plugin[], world: Snapshot, wanted = pod('new')) =>
  schedule(wanted, world, plugins, 0).node;

test('PodTopologySpread spreads what belongs together although nobody said so', (t) => {
  const world = snapshotOf(
    [node('a', '1'), node('b', '2')],
    ['p', 'q'].map((name) => pod(name, 'a')),
  );
  const selector = parseLabelSelector('app=x');
  t.is(goesTo([createTopologySpread({}, { selectorFor: () => selector })], world), 'b');
  t.is(goesTo([createTopologySpread({}, { selectorFor: () => undefined })], world), 'a');
  t.is(goesTo([createTopologySpread({ defaultingType: 'List' }, { selectorFor: () => selector })], world), 'a');
});

test('PodTopologySpread holds to default constraints that are hard', (t) => {
  const defaultConstraints = [
    { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' as const },
  ];
  const plugin = createTopologySpread(
    { defaultingType: 'List', defaultConstraints },
    { selectorFor: () => parseLabelSelector('app=x') },
  );
  const full = { ...node('b', '2'), spec: { unschedulable: true } } as Node;
  const world = snapshotOf([node('a', '1'), full], [pod('p', 'a')]);
  t.is(goesTo([...defaultPlugins.filter(({ name }) => name !== plugin.name), plugin], world), undefined);
});

test('NodeResourcesFit packs where it is told to', (t) => {
  const world = snapshotOf([node('a'), node('b')], [pod('p', 'b')]);
  t.is(goesTo([createFit()], world), 'a');
  t.is(goesTo([createFit({ scoringStrategy: { type: 'MostAllocated' } })], world), 'b');
  const shape = [
    { utilization: 0, score: 0 },
    { utilization: 100, score: 10 },
  ];
  const byRatio = { type: 'RequestedToCapacityRatio', requestedToCapacityRatio: { shape } } as const;
  t.is(goesTo([createFit({ scoringStrategy: byRatio })], world), 'b');
});

test('NodeResourcesFit asks only those who want a resource of that kind how much of it is left', (t) => {
  const rich = {
    ...node('a'),
    status: { allocatable: { cpu: '10', memory: '10Gi', pods: '9', 'x.io/gpu': '8' } },
  } as Node;
  const usual = [{ name: 'cpu' }, { name: 'memory' }, { name: 'x.io/gpu', weight: 100 }];
  const plain = createFit({ scoringStrategy: { type: 'LeastAllocated', resources: usual } });
  const world = snapshotOf([rich, node('b')], [pod('p', 'a')]);
  t.is(goesTo([plain], world), 'b'); // it has no use for the free ones
});

test('NodeResourcesBalancedAllocation favours where a pod evens out what is used', (t) => {
  const asks = (requests: object) => ({ containers: [{ name: 'c', resources: { requests } }] });
  const hungry = pod('p', 'a', asks({ cpu: '4' }));
  const other = pod('q', 'b', asks({ memory: '2Gi' }));
  const world = snapshotOf([node('a'), node('b')], [hungry, other]);
  t.is(goesTo([balancedAllocation], world, pod('new', undefined, asks({ memory: '1Gi' }))), 'a');
  t.is(goesTo([balancedAllocation], world, pod('new', undefined, asks({ cpu: '1' }))), 'b');
  t.is(balancedAllocation.score!(hungry, world.node('b')!, { cpu: 0 }), 75); // nothing is better or worse
});

test('ImageLocality counts images of volumes, and each as often as it is needed', (t) => {
  const images = (name: string, megabytes: number) => [{ names: [name], sizeBytes: megabytes * 1024 * 1024 }];
  const having = (name: string, list: object) =>
    ({ ...node(name), status: { ...node(name).status, images: list } }) as Node;
  const world = snapshotOf([node('a'), having('b', images('data:1', 900))], []);
  const volumes = [{ name: 'v', image: { reference: 'data:1' } }];
  t.is(goesTo([imageLocality], world, pod('new', undefined, { volumes })), 'b');
  const [once, twice] = [1, 2].map((count) => {
    const containers = Array.from({ length: count }, (_, i) => ({ name: `c${i}`, image: 'data:1' }));
    const wanted = pod('new', undefined, { containers });
    return imageLocality.score!(wanted, world.node('b')!, imageLocality.prepareScore!(wanted, world, world.nodes));
  });
  t.true(twice! >= once!);
});

const claims = (name: string) => ({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName: name } }] });
const facts = {
  claimAt: (_namespace: string, name: string) =>
    ({ metadata: { name }, spec: { volumeName: `pv-${name}`, accessModes: [] } }) as unknown as PersistentVolumeClaim,
  volumeNamed: (name: string) =>
    ({ metadata: { name }, spec: { csi: { driver: 'd', volumeHandle: name } } }) as unknown as PersistentVolume,
  volumes: () => [],
  classNamed: () => undefined,
  driverNamed: () => undefined,
  capacities: () => [],
  promised: new Map(),
  csiNode: () => ({ spec: { drivers: [{ name: 'd', nodeID: 'n', allocatable: { count: 2 } }] } }) as unknown as CSINode,
};

test('NodeVolumeLimits counts each volume of a node once', (t) => {
  const plugins = [createVolumeLimits(facts)];
  const full = snapshotOf([node('a')], [pod('p', 'a', claims('1')), pod('q', 'a', claims('2'))]);
  t.is(goesTo(plugins, full, pod('new', undefined, claims('3'))), undefined);
  t.is(goesTo(plugins, full, pod('new', undefined, claims('2'))), 'a');
  t.is(goesTo(plugins, full), 'a');
  const half = snapshotOf([node('a')], [pod('p', 'a', claims('1')), pod('q', 'a', claims('1'))]);
  t.is(goesTo(plugins, half, pod('new', undefined, claims('3'))), 'a');
});

test('VolumeRestrictions lets two read one disk, and no two write it', (t) => {
  const disk = (readOnly: boolean) => ({ volumes: [{ name: 'v', gcePersistentDisk: { pdName: 'd', readOnly } }] });
  const plugins = [createVolumeRestrictions(facts)];
  const world = snapshotOf([node('a')], [pod('p', 'a', disk(true))]);
  t.is(goesTo(plugins, world, pod('new', undefined, disk(true))), 'a');
  t.is(goesTo(plugins, world, pod('new', undefined, disk(false))), undefined);
});

test('NodeDeclaredFeatures keeps a pod from nodes that have not declared what it needs', (t) => {
  const rule = { action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [1] } };
  const wanted = pod('new', undefined, { containers: [{ name: 'c', restartPolicyRules: [rule] }] });
  const able = node('b');
  const declared = { ...able, status: { ...able.status, declaredFeatures: ['RestartAllContainersOnContainerExits'] } };
  const world = snapshotOf([node('a'), declared], [pod('p', 'b')]);
  t.is(goesTo(defaultPlugins, world, wanted), 'b');
  const none = schedule(wanted, snapshotOf([node('a')], []), defaultPlugins, 0);
  if (none.node !== undefined) return t.fail();
  t.deepEqual(none.refusals.get('a')?.reasons, [
    'node declared features check failed - unsatisfied requirements: RestartAllContainersOnContainerExits',
  ]);
  t.is(goesTo(defaultPlugins, snapshotOf([node('a')], [])), 'a');
});
