// What is to be done about a node by what its cloud says of it. Rule: cloud-provider controllers node and nodelifecycle.
import { isSame } from '#lib/api/kinds/equal.ts';
import type { Node, NodeAddress, Taint } from '#lib/api/types/core.v1.ts';
import type { InstanceMetadata } from './provider.ts';

export const uninitialized = 'node.cloudprovider.kubernetes.io/uninitialized';
export const shutdownTaint: Taint = { key: 'node.cloudprovider.kubernetes.io/shutdown', effect: 'NoSchedule' };

export type LifeStep = 'remove' | 'taint' | 'untaint' | undefined;

/** Nodes that are Ready are left alone, whatever the cloud says. */
export function planLife(node: Node, facts: { readonly exists: boolean; readonly isShutdown: boolean }): LifeStep {
  const isTainted = (node.spec.taints ?? []).some(({ key }) => key === shutdownTaint.key);
  if (isReady(node)) return isTainted ? 'untaint' : undefined;
  if (!facts.exists) return 'remove';
  if (facts.isShutdown) return isTainted ? undefined : 'taint';
  return isTainted ? 'untaint' : undefined;
}

export function isReady({ status }: Node): boolean {
  return status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

export interface NodeChange {
  /** A merge patch of the node; undefined: it says all that already. */
  readonly node: object | undefined;
  /** Its addresses; undefined: they are as they should be. */
  readonly addresses: readonly NodeAddress[] | undefined;
}

/** What the node is to say of its machine. */
export function planInitialization({ metadata, spec, status }: Node, machine: InstanceMetadata): NodeChange {
  const { providerID, instanceType, zone, region, addresses } = machine;
  const wanted = {
    ...labels('node.kubernetes.io/instance-type', 'beta.kubernetes.io/instance-type', instanceType),
    ...labels('topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone', zone),
    ...labels('topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/region', region),
  };
  const lacking = Object.entries(wanted).filter(([key, value]) => metadata.labels?.[key] !== value);
  const taints = (spec.taints ?? []).filter(({ key }) => key !== uninitialized);
  const isTainted = taints.length < (spec.taints ?? []).length;
  const change = {
    ...(spec.providerID ? {} : { providerID }),
    ...(isTainted ? { taints: taints.length === 0 ? null : taints } : {}),
  };
  const isDone = Object.keys(change).length === 0 && lacking.length === 0;
  const { resourceVersion } = metadata;
  return {
    node: isDone ? undefined : { metadata: { resourceVersion, labels: Object.fromEntries(lacking) }, spec: change },
    addresses: isSame(status.addresses ?? [], addresses) || addresses.length === 0 ? undefined : addresses,
  };
}

function labels(key: string, olderKey: string, value: string | undefined): Readonly<Record<string, string>> {
  return value === undefined ? {} : { [key]: value, [olderKey]: value };
}
