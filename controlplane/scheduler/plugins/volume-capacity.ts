// Whether a driver that says where it has room has enough of it for a node. Pure.
// Rule: Storage Capacity; hasEnoughCapacity of the scheduler's VolumeBinding.
import { compareQuantities } from '#lib/api/quantity.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { Node } from '#lib/api/types/core.v1.ts';
import type { CSIDriver, CSIStorageCapacity, StorageClass } from '#lib/api/types/storage.v1.ts';

export interface CapacityFacts {
  driverNamed(name: string): CSIDriver | undefined;
  capacities(): Iterable<CSIStorageCapacity>;
}

/** `capacity` is what the driver has there, if it says so. */
export type Room = { readonly isEnough: false } | { readonly isEnough: true; readonly capacity?: string | undefined };

export function roomFor(
  { metadata, provisioner }: StorageClass,
  asked: string,
  node: Node,
  { driverNamed, capacities }: CapacityFacts,
): Room {
  if (asked === '0' || driverNamed(provisioner)?.spec.storageCapacity !== true) return { isEnough: true };
  for (const { storageClassName, capacity, maximumVolumeSize, nodeTopology } of capacities()) {
    const most = maximumVolumeSize ?? capacity;
    if (storageClassName !== metadata.name || most === undefined || compareQuantities(most, asked) < 0) continue;
    if (nodeTopology !== undefined && isSelectedBy(nodeTopology, node.metadata.labels)) {
      return { isEnough: true, capacity };
    }
  }
  return { isEnough: false };
}
