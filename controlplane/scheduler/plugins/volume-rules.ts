// Rules about volumes that hold without choosing any. Rule: VolumeRestrictions and VolumeZone.
import type { Pod } from '#lib/api/types/core.v1.ts';
import { type Plugin, skip } from '../plugin.ts';
import { claimsOf, hasClaims, type PodClaims, type VolumeFacts } from './volume-binding.ts';

/** A claim that one pod alone may use is on no second one; a disk that one machine alone may write is on no second one. */
export function createVolumeRestrictions({ claimAt }: VolumeFacts): Plugin {
  return {
    name: 'VolumeRestrictions',
    prepare(pod, world): Restricted | typeof skip {
      const namespace = pod.metadata.namespace ?? '';
      const alone = (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => {
        const name = persistentVolumeClaim?.claimName;
        const isAlone = name && claimAt(namespace, name)?.spec.accessModes?.includes('ReadWriteOncePod');
        return isAlone ? [name] : [];
      });
      const disks = disksOf(pod);
      if (alone.length === 0 && disks.length === 0) return skip;
      const uses = ({ metadata, spec }: Pod) =>
        metadata.namespace === namespace &&
        metadata.uid !== pod.metadata.uid &&
        spec.volumes?.some((volume) => alone.includes(volume.persistentVolumeClaim?.claimName ?? ''));
      return { isTaken: alone.length > 0 && world.nodes.some(({ pods }) => pods.some(uses)), disks };
    },
    filter(_pod, { pods }, prepared) {
      const { isTaken, disks } = prepared as Restricted;
      if (isTaken) return { reasons: [takenText] };
      if (disks.length === 0) return undefined;
      const isBusy = pods.some((other) => disksOf(other).some((there) => disks.some((disk) => excludes(disk, there))));
      return isBusy ? { reasons: ['node(s) had no available disk'] } : undefined;
    },
    helps: (_pod, change) => change.what !== 'node' && (change.what !== 'pod' || change.now === undefined),
  };
}

interface Restricted {
  readonly isTaken: boolean;
  readonly disks: readonly Disk[];
}

interface Disk {
  readonly id: string;
  /** Two who only read may share it. */
  readonly mayShare: boolean;
}

function disksOf({ spec }: Pod): readonly Disk[] {
  return (spec.volumes ?? []).flatMap(({ gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }): Disk[] => {
    if (gcePersistentDisk)
      return [{ id: `gce/${gcePersistentDisk.pdName}`, mayShare: gcePersistentDisk.readOnly === true }];
    if (awsElasticBlockStore) return [{ id: `aws/${awsElasticBlockStore.volumeID}`, mayShare: false }];
    if (iscsi) return [{ id: `iscsi/${iscsi.iqn}`, mayShare: iscsi.readOnly === true }];
    if (!rbd) return [];
    return [{ id: `rbd/${rbd.monitors?.join()}/${rbd.pool ?? 'rbd'}/${rbd.image}`, mayShare: rbd.readOnly === true }];
  });
}

function excludes(a: Disk, b: Disk): boolean {
  return a.id === b.id && !(a.mayShare && b.mayShare);
}

const takenText = 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode';

/** Volumes that bear labels of a zone or region are for nodes of these. */
export function createVolumeZone(facts: VolumeFacts): Plugin {
  return {
    name: 'VolumeZone',
    prepare: (pod) => (hasClaims(pod) ? claimsOf(pod, facts) : skip),
    filter(_pod, { node }, prepared) {
      const labels = node.metadata.labels ?? {};
      const isElsewhere = (prepared as PodClaims).bound.some(({ metadata }) =>
        topologies.some((key) => {
          const zones = metadata.labels?.[key]?.split('__');
          const own = labels[key] ?? labels[olderNames[key] ?? ''];
          return zones !== undefined && (own === undefined || !zones.includes(own));
        }),
      );
      return isElsewhere ? { reasons: ['node(s) had no available volume zone'], isFinal: true } : undefined;
    },
    helps: (_pod, change) => change.what === 'node' || change.what === 'volume',
  };
}
const zone = 'topology.kubernetes.io/zone';
const region = 'topology.kubernetes.io/region';
const oldZone = 'failure-domain.beta.kubernetes.io/zone';
const oldRegion = 'failure-domain.beta.kubernetes.io/region';
const topologies = [zone, region, oldZone, oldRegion];
const olderNames: Readonly<Record<string, string>> = {
  [oldZone]: zone,
  [oldRegion]: region,
  [zone]: oldZone,
  [region]: oldRegion,
};
