// Which nodes reach the volumes of a pod's claims, and which volumes it would take there. Rule: the scheduler's VolumeBinding.
import { compareQuantities } from '#lib/api/quantity.ts';
import { matchesTerm } from '#lib/api/scheduling/matches-node.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '#lib/api/types/core.v1.ts';
import type { CSIDriver, CSIStorageCapacity, StorageClass } from '#lib/api/types/storage.v1.ts';
import { bindCompleted, hasAnnotation, selectedNode } from '../../volumes/annotations.ts';
import { askedBy, classOf, isVolumeOn, matchVolume } from '../../volumes/match.ts';
import { type Plugin, type Refusal, skip } from '../plugin.ts';
import type { ShapePoint } from './fit.ts';
import { roomFor } from './volume-capacity.ts';
import { scoreVolumes, usualShape } from './volume-scores.ts';

export interface VolumeFacts {
  claimAt(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volumeNamed(name: string): PersistentVolume | undefined;
  volumes(): Iterable<PersistentVolume>;
  classNamed(name: string): StorageClass | undefined;
  driverNamed(name: string): CSIDriver | undefined;
  /** What drivers say that they have room for, and where. */
  capacities(): Iterable<CSIStorageCapacity>;
  /** Volumes that pods scheduled just now will take, by name: their claims' keys. */
  readonly promised: ReadonlyMap<string, string>;
}

/** The claims of a pod, by what is to be done about them. */
export interface PodClaims {
  readonly refusal?: Refusal;
  readonly bound: readonly PersistentVolume[];
  readonly delayed: readonly PersistentVolumeClaim[];
}

export type Decision =
  | { readonly do: 'bind'; readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }
  /** `capacity`: what there is to make it of, where that is known. */
  | { readonly do: 'provision'; readonly claim: PersistentVolumeClaim; readonly capacity?: string | undefined };

export interface VolumeBindingArgs {
  readonly shape?: readonly ShapePoint[];
}

export function createVolumeBinding(facts: VolumeFacts, { shape = usualShape }: VolumeBindingArgs = {}): Plugin {
  return {
    name: 'VolumeBinding',
    prepare: (pod) => (hasClaims(pod) ? claimsOf(pod, facts) : skip),
    filter(_pod, { node }, prepared) {
      const { refusal, bound, delayed } = prepared as PodClaims;
      if (refusal !== undefined) return refusal;
      if (bound.some((volume) => !isVolumeOn(volume, node))) return conflict;
      const choice = decide(delayed, node, facts);
      return 'refusal' in choice ? choice.refusal : undefined;
    },
    prepareScore(pod) {
      const { delayed } = hasClaims(pod) ? claimsOf(pod, facts) : { delayed: [] };
      return delayed.length === 0 ? skip : delayed;
    },
    score(_pod, { node }, delayed) {
      const choice = decide(delayed as PodClaims['delayed'], node, facts);
      return 'decisions' in choice ? scoreVolumes(choice.decisions, shape) : 0;
    },
    helps: (_pod, change) => change.what === 'node' || change.what === 'volume',
  };
}

/** Whether there is anything about volumes to be looked at. */
export function hasClaims({ spec }: Pod): boolean {
  return (spec.volumes ?? []).some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim || ephemeral);
}

const conflict: Refusal = { reasons: ["node(s) didn't match PersistentVolume's node affinity"], isFinal: true };
const noSpace: Refusal = { reasons: ['node(s) did not have enough free storage'], isFinal: true };
const nothingThere: Refusal = { reasons: ["node(s) didn't find available persistent volumes to bind"], isFinal: true };

export function claimsOf(pod: Pod, facts: VolumeFacts): PodClaims {
  const bound: PersistentVolume[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  const refused = (text: string): PodClaims => ({ refusal: { reasons: [text], isFinal: true }, bound, delayed });
  let isUnbound = false;
  for (const { name, persistentVolumeClaim, ephemeral } of pod.spec.volumes ?? []) {
    const claimName = ephemeral ? `${pod.metadata.name}-${name}` : persistentVolumeClaim?.claimName;
    if (claimName === undefined) continue;
    const claim = facts.claimAt(pod.metadata.namespace ?? '', claimName);
    const shown = JSON.stringify(claimName);
    if (claim === undefined) {
      return refused(
        ephemeral
          ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${shown}`
          : `persistentvolumeclaim ${shown} not found`,
      );
    }
    if (claim.status?.phase === 'Lost') {
      return refused(
        `persistentvolumeclaim ${shown} bound to non-existent persistentvolume ${JSON.stringify(claim.spec.volumeName)}`,
      );
    }
    if (claim.metadata.deletionTimestamp !== undefined)
      return refused(`persistentvolumeclaim ${shown} is being deleted`);
    if (claim.spec.volumeName && hasAnnotation(claim, bindCompleted)) {
      const volume = facts.volumeNamed(claim.spec.volumeName);
      if (volume === undefined)
        return refused('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)');
      bound.push(volume);
    } else if (!claim.spec.volumeName && isDelayed(claim, facts)) delayed.push(claim);
    else isUnbound = true;
  }
  return isUnbound ? refused('pod has unbound immediate PersistentVolumeClaims') : { bound, delayed };
}

function isDelayed(claim: PersistentVolumeClaim, { classNamed }: VolumeFacts): boolean {
  return classNamed(classOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer';
}

export type Choice = { readonly decisions: readonly Decision[] } | { readonly refusal: Refusal };

/** What each claim gets on `node`, or why one of them gets nothing there. Smallest claims choose first. */
export function decide(claims: readonly PersistentVolumeClaim[], node: Node, facts: VolumeFacts): Choice {
  const chosen = new Set<string>();
  const decisions: Decision[] = [];
  for (const claim of claims.toSorted((a, b) => compareQuantities(askedBy(a), askedBy(b)))) {
    // Its volume is being made for a node already: until it is there, or its maker gives that up, there is no other.
    const wanted = claim.metadata.annotations?.[selectedNode];
    if (wanted !== undefined && wanted !== node.metadata.name) return { refusal: nothingThere };
    const key = `${claim.metadata.namespace}/${claim.metadata.name}`;
    const taken = {
      has: (name: string) => chosen.has(name) || (facts.promised.get(name) ?? key) !== key,
    };
    const volume =
      wanted === undefined ? matchVolume(claim, facts.volumes(), { node, isDelayed: true, taken }) : undefined;
    if (volume !== undefined) {
      chosen.add(volume.metadata.name);
      decisions.push({ do: 'bind', claim, volume });
      continue;
    }
    const storageClass = facts.classNamed(classOf(claim));
    if (storageClass === undefined || !mayProvision(storageClass, node)) return { refusal: nothingThere };
    const room = roomFor(storageClass, askedBy(claim), node, facts);
    if (!room.isEnough) return { refusal: noSpace };
    decisions.push({ do: 'provision', claim, capacity: room.capacity });
  }
  return { decisions };
}

function mayProvision(storageClass: StorageClass, node: Node): boolean {
  if (storageClass.provisioner === 'kubernetes.io/no-provisioner') return false;
  const topologies = storageClass.allowedTopologies ?? [];
  if (topologies.length === 0) return true;
  return topologies.some(({ matchLabelExpressions = [] }) => {
    const matchExpressions = matchLabelExpressions.map(({ key, values }) => ({ key, operator: 'In' as const, values }));
    return matchesTerm({ matchExpressions }, node);
  });
}
