// How many volumes of a CSI driver a node takes. Rule: NodeVolumeLimits; "Node-specific Volume Limits".
import type { PersistentVolumeClaim, Pod } from '#lib/api/types/core.v1.ts';
import type { CSINode } from '#lib/api/types/storage.v1.ts';
import { classOf } from '../../volumes/match.ts';
import { type Plugin, type Refusal, skip } from '../plugin.ts';
import type { VolumeFacts } from './volume-binding.ts';

export interface VolumeLimitFacts extends VolumeFacts {
  csiNode(name: string): CSINode | undefined;
}

/** Volumes by what makes them one: driver and handle; a claim without a volume yet counts by itself. Value: driver. */
type Volumes = ReadonlyMap<string, string>;

export function createVolumeLimits(facts: VolumeLimitFacts): Plugin {
  return {
    name: 'NodeVolumeLimits',
    prepare(pod) {
      const wanted = csiVolumesOf(pod, facts);
      return wanted.size === 0 ? skip : wanted;
    },
    filter(_pod, { node, pods }, prepared) {
      const limits = new Map(
        (facts.csiNode(node.metadata.name)?.spec.drivers ?? []).map((one) => [one.name, one.allocatable?.count]),
      );
      const wanted = prepared as Volumes;
      if (![...wanted.values()].some((driver) => limits.get(driver) !== undefined)) return undefined;
      const there = new Map<string, string>();
      for (const other of pods) for (const [key, driver] of csiVolumesOf(other, facts)) there.set(key, driver);
      const added = [...wanted].filter(([key]) => !there.has(key)).map(([, driver]) => driver);
      const isOver = (driver: string) =>
        countOf(there.values(), driver) + countOf(added, driver) > (limits.get(driver) ?? Number.POSITIVE_INFINITY);
      return added.some(isOver) ? refused : undefined;
    },
    helps(_pod, change) {
      if (change.what !== 'pod') return change.what !== 'nodeGone';
      return change.before !== undefined && change.now === undefined;
    },
  };
}
const refused: Refusal = { reasons: ['node(s) exceed max volume count'] };

function csiVolumesOf(pod: Pod, facts: VolumeFacts): Volumes {
  const found = new Map<string, string>();
  for (const { name, persistentVolumeClaim, ephemeral } of pod.spec.volumes ?? []) {
    const claimName = ephemeral ? `${pod.metadata.name}-${name}` : persistentVolumeClaim?.claimName;
    const claim = claimName && facts.claimAt(pod.metadata.namespace ?? '', claimName);
    if (!claim) continue;
    const volume = claim.spec.volumeName ? facts.volumeNamed(claim.spec.volumeName) : undefined;
    const csi = volume?.spec.csi;
    if (csi !== undefined) found.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver);
    else if (volume === undefined) {
      const driver = provisionerOf(claim, facts);
      if (driver !== undefined) found.set(`${driver}/${pod.metadata.namespace}/${claimName}`, driver);
    }
  }
  return found;
}

function provisionerOf(claim: PersistentVolumeClaim, { classNamed }: VolumeFacts): string | undefined {
  const provisioner = classNamed(classOf(claim))?.provisioner;
  return provisioner?.startsWith('kubernetes.io/') ? undefined : provisioner;
}

function countOf(drivers: Iterable<string>, driver: string): number {
  let count = 0;
  for (const one of drivers) if (one === driver) count++;
  return count;
}
