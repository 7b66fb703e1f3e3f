// Rules about volumes that hold without choosing any. Rule: VolumeRestrictions and VolumeZone.
import type { Plugin } from '../plugin.ts';
import { claimsOf, type PodClaims, type VolumeFacts } from './volume-binding.ts';

/** A claim that one pod alone may use is on no second one. */
export function createVolumeRestrictions({ claimAt }: VolumeFacts): Plugin {
  return {
    name: 'VolumeRestrictions',
    prepare(pod, { nodes }) {
      const namespace = pod.metadata.namespace ?? '';
      const alone = (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => {
        const name = persistentVolumeClaim?.claimName;
        const isAlone = name && claimAt(namespace, name)?.spec.accessModes?.includes('ReadWriteOncePod');
        return isAlone ? [name] : [];
      });
      if (alone.length === 0) return false;
      return nodes.some(({ pods }) =>
        pods.some(
          (other) =>
            other.metadata.namespace === namespace &&
            other.metadata.uid !== pod.metadata.uid &&
            other.spec.volumes?.some((volume) => alone.includes(volume.persistentVolumeClaim?.claimName ?? '')),
        ),
      );
    },
    filter: (_pod, _info, isTaken) => (isTaken ? { reasons: [takenText] } : undefined),
  };
}
const takenText = 'node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode';

/** Volumes that bear labels of a zone or region are for nodes of these. */
export function createVolumeZone(facts: VolumeFacts): Plugin {
  return {
    name: 'VolumeZone',
    prepare: (pod) => claimsOf(pod, facts),
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
