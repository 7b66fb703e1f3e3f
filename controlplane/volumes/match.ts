// Which volume a claim gets. Pure; the binder asks without a node, the scheduler for one.
// Rule: component-helpers storage/volume FindMatchingVolume; Persistent Volumes, "Binding".
import { storageClassOf } from '#lib/api/kinds/storage/claim.ts';
import { compareQuantities } from '#lib/api/quantity.ts';
import { matchesTerm } from '#lib/api/scheduling/matches-node.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim } from '#lib/api/types/core.v1.ts';

export interface MatchOptions {
  /** Only volumes that this node reaches. */
  readonly node?: Node;
  /** Who binds waits for the first consumer: without a node only what was bound in advance counts. */
  readonly isDelayed?: boolean;
  /** Names of volumes that are promised to others. */
  readonly taken?: { has(name: string): boolean };
}

/** The smallest volume that fits, or the one that was bound to `claim` in advance. */
export function matchVolume(
  claim: PersistentVolumeClaim,
  volumes: Iterable<PersistentVolume>,
  { node, isDelayed = false, taken }: MatchOptions = {},
): PersistentVolume | undefined {
  let smallest: PersistentVolume | undefined;
  for (const volume of volumes) {
    const { claimRef } = volume.spec;
    if (taken?.has(volume.metadata.name) || (claimRef !== undefined && !isBoundTo(volume, claim))) continue;
    if (misfit(volume, claim) !== undefined || volume.metadata.deletionTimestamp !== undefined) continue;
    const isReachable = node === undefined || isVolumeOn(volume, node);
    if (claimRef !== undefined) return isReachable ? volume : undefined;
    if ((node === undefined && isDelayed) || !isReachable) continue;
    if (volume.status?.phase !== 'Available') continue;
    if (claim.spec.selector !== undefined && !isSelectedBy(claim.spec.selector, volume.metadata.labels)) continue;
    if (classOfVolume(volume) !== classOf(claim)) continue;
    if (smallest === undefined || compareQuantities(sizeOf(volume), sizeOf(smallest)) < 0) smallest = volume;
  }
  return smallest;
}

/** Why `volume` is not what `claim` asks for, apart from class and labels; undefined if it is. Rule: checkVolumeSatisfyClaim. */
export function misfit(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  const { spec } = claim;
  if (compareQuantities(sizeOf(volume), askedBy(claim)) < 0) return 'requested PV is too small';
  if ((volume.spec.volumeMode ?? 'Filesystem') !== (spec.volumeMode ?? 'Filesystem')) return 'incompatible volumeMode';
  if (!(spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode)))
    return 'incompatible accessMode';
  if ((volume.spec.volumeAttributesClassName ?? '') !== (spec.volumeAttributesClassName ?? '')) {
    return 'incompatible volumeAttributesClassName';
  }
  return undefined;
}

/** Whether the volume names the claim: by name, and by uid if it says one. */
export function isBoundTo({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const { claimRef } = spec;
  if (claimRef?.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return !claimRef.uid || claimRef.uid === metadata.uid;
}

export function isVolumeOn({ spec }: PersistentVolume, node: Node): boolean {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => matchesTerm(term, node));
}

export function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return storageClassOf(metadata, spec.storageClassName);
}

export function classOfVolume({ metadata, spec }: PersistentVolume): string {
  return storageClassOf(metadata, spec.storageClassName);
}

/** How much storage a claim asks for. */
export function askedBy({ spec }: PersistentVolumeClaim): string {
  return spec.resources?.requests?.['storage'] ?? '0';
}

function sizeOf({ spec }: PersistentVolume): string {
  return spec.capacity?.['storage'] ?? '0';
}
