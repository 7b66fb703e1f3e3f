import test from 'ava';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '#lib/api/types/core.v1.ts';
import type { CSIDriver, CSIStorageCapacity, StorageClass } from '#lib/api/types/storage.v1.ts';
import { type Plugin, skip } from '../plugin.ts';
import type { NodeInfo } from '../snapshot.ts';
import { createVolumeBinding, decide, type VolumeBindingArgs, type VolumeFacts } from './volume-binding.ts';
import { scoreVolumes, usualShape } from './volume-scores.ts';

const node = { metadata: { name: 'n', labels: { zone: 'a' } }, spec: {}, status: {} } as unknown as Node;
const storageClass = (name: string, more: object = {}): StorageClass => {
  return { metadata: { name }, provisioner: 'example.com/disk', volumeBindingMode: 'WaitForFirstConsumer', ...more };
};
function claim(name: string, storage: string, className = 'made', annotations: object = {}): PersistentVolumeClaim {
  return {
    metadata: { name, namespace: 'default', uid: name, annotations },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: className, resources: { requests: { storage } } },
  } as unknown as PersistentVolumeClaim;
}
function volume(name: string, storage: string): PersistentVolume {
  return {
    metadata: { name },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'local', capacity: { storage } },
    status: { phase: 'Available' },
  } as unknown as PersistentVolume;
}
function facts(
  more: { readonly volumes?: readonly PersistentVolume[]; readonly capacities?: readonly object[] } = {},
  { storageCapacity = true } = {},
): VolumeFacts {
  const classes = [storageClass('made'), storageClass('local', { provisioner: 'kubernetes.io/no-provisioner' })];
  return {
    claimAt: () => undefined,
    volumeNamed: () => undefined,
    volumes: () => more.volumes ?? [],
    classNamed: (name) => classes.find(({ metadata }) => metadata.name === name),
    driverNamed: (name) => ({ metadata: { name }, spec: { storageCapacity } }) as CSIDriver,
    capacities: () => (more.capacities ?? []) as readonly CSIStorageCapacity[],
    promised: new Map(),
  };
}

function chosen(claims: readonly PersistentVolumeClaim[], all: VolumeFacts): string {
  const choice = decide(claims, node, all);
  if ('refusal' in choice) return choice.refusal.reasons[0]!;
  return choice.decisions
    .map((one) =>
      one.do === 'bind' ? `${one.claim.metadata.name}=${one.volume.metadata.name}` : `make ${one.claim.metadata.name}`,
    )
    .join();
}
const silent = { storageCapacity: false };
const nothing = "node(s) didn't find available persistent volumes to bind";

test('decide() lets small claims choose first, so that they leave the large volumes to others', (t) => {
  const all = facts({ volumes: [volume('small', '1Gi'), volume('large', '5Gi')] });
  t.is(chosen([claim('big', '1Gi', 'local'), claim('b', '500Mi', 'local')], all), 'b=small,big=large');
  t.is(chosen([claim('big', '4Gi', 'local'), claim('b', '1Gi', 'local')], all), 'b=small,big=large');
});

test('decide() has volumes made where there are none', (t) => {
  t.is(chosen([claim('c', '1Gi')], facts({}, silent)), 'make c');
  t.is(chosen([claim('c', '1Gi', 'local')], facts({}, silent)), nothing);
});

test('decide() stays with the node for which a volume is being made', (t) => {
  const at = (name: string) => claim('c', '1Gi', 'made', { 'volume.kubernetes.io/selected-node': name });
  t.is(chosen([at('n')], facts({}, silent)), 'make c');
  t.is(chosen([at('other')], facts({}, silent)), nothing);
});

const holds = test.macro<[string, object, boolean]>({
  title: (_title, what) => `decide() goes by the capacity that a driver tells: ${what}`,
  exec(t, _what, capacity, isEnough) {
    const here = {
      storageClassName: 'made',
      nodeTopology: { matchLabels: { zone: 'a' } },
      capacity: '5Gi',
      ...capacity,
    };
    const result = chosen([claim('c', '2Gi')], facts({ capacities: [here] }));
    t.is(result, isEnough ? 'make c' : 'node(s) did not have enough free storage');
  },
});
test(holds, 'enough', {}, true);
test(holds, 'too little', { capacity: '1Gi' }, false);
test(holds, 'no volume may be so large', { maximumVolumeSize: '1Gi' }, false);
test(holds, 'elsewhere', { nodeTopology: { matchLabels: { zone: 'b' } } }, false);
test(holds, 'nowhere', { nodeTopology: undefined }, false);
test(holds, 'of another class', { storageClassName: 'other' }, false);

test('VolumeBinding prefers where the least of the storage would be taken', (t) => {
  const plugin = (capacities: readonly object[], shape?: object) =>
    createVolumeBinding(
      { ...facts({ capacities }), claimAt: () => claim('c', '2Gi') },
      shape as VolumeBindingArgs | undefined,
    );
  const on = (name: string) => ({ node: { metadata: { name, labels: { zone: name } } } }) as unknown as NodeInfo;
  const told = (zone: string, capacity: string) => {
    return { storageClassName: 'made', nodeTopology: { matchLabels: { zone } }, capacity };
  };
  const capacities = [told('a', '4Gi'), told('b', '20Gi')];
  const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }];
  const pod = { metadata: { name: 'p', namespace: 'default' }, spec: { volumes } } as unknown as Pod;
  const scores = (one: Plugin) => {
    const prepared = one.prepareScore!(pod, undefined as never, []);
    return ['a', 'b'].map((name) => one.score!(pod, on(name), prepared));
  };
  t.deepEqual(scores(plugin(capacities)), [50, 90]);
  const packing = [
    { utilization: 0, score: 0 },
    { utilization: 100, score: 10 },
  ];
  t.deepEqual(scores(plugin(capacities, { shape: packing })), [50, 10]);
  const bare = { metadata: { name: 'p' }, spec: {} } as unknown as Pod;
  t.is(plugin(capacities).prepareScore!(bare, undefined as never, []), skip);
});

test('scoreVolumes() goes by volumes that are there, if any are', (t) => {
  const all = [
    { do: 'bind', claim: claim('c', '1Gi', 'local'), volume: volume('v', '2Gi') },
    { do: 'bind', claim: claim('d', '1Gi', 'local'), volume: volume('w', '2Gi') },
    { do: 'provision', claim: claim('e', '1Gi'), capacity: '1Gi' },
  ] as const;
  t.is(scoreVolumes(all, usualShape), 50);
  t.is(scoreVolumes([all[2]], usualShape), 0);
  t.is(scoreVolumes([{ do: 'provision', claim: claim('e', '1Gi') }], usualShape), 0);
});
