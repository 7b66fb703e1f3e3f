// What an object of any kind counts for in the quotas of its namespace. Pure.
// Rule: pkg/quota/v1/evaluator/core; Resource Quotas, "Types of resource quota".
import { compareQuantities } from '#lib/api/quantity.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { PersistentVolumeClaim, Pod, Service } from '#lib/api/types/core.v1.ts';
import type { Amounts } from './amounts.ts';
import { isExtended, podUsage } from './pod-usage.ts';

export interface Counted {
  readonly group: string;
  /** Plural. */
  readonly resource: string;
}

/** `count/pods`, `count/deployments.apps`. */
export function countName({ group, resource }: Counted): string {
  return `count/${group === '' ? resource : `${resource}.${group}`}`;
}

export function usageOf(counted: Counted, object: KubeObject, nowMs: number): Amounts {
  const { group, resource } = counted;
  if (group !== '') return { [countName(counted)]: '1' };
  switch (resource) {
    case 'pods':
      return podUsage(object as Pod, nowMs);
    case 'services':
      return { 'count/services': '1', services: '1', ...serviceUsage(object as Service) };
    case 'persistentvolumeclaims':
      return claimUsage(object as PersistentVolumeClaim);
    default:
      return { [countName(counted)]: '1', ...(plain.has(resource) ? { [resource]: '1' } : {}) };
  }
}
const plain: ReadonlySet<string> = new Set(['configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas']);

function serviceUsage({ spec }: Service): Amounts {
  const ports = spec?.ports ?? [];
  const isBalanced = spec?.type === 'LoadBalancer';
  const isGiven = isBalanced && spec?.allocateLoadBalancerNodePorts === false;
  const taken = isGiven ? ports.filter(({ nodePort }) => nodePort).length : ports.length;
  const nodePorts = spec?.type === 'NodePort' || isBalanced ? taken : 0;
  return { 'services.nodeports': String(nodePorts), 'services.loadbalancers': isBalanced ? '1' : '0' };
}

function claimUsage({ metadata, spec, status }: PersistentVolumeClaim): Amounts {
  const claims = 'persistentvolumeclaims';
  const usage: Record<string, string> = { [`count/${claims}`]: '1', [claims]: '1' };
  const name = metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';
  if (name !== '') usage[`${name}${ofClass}${claims}`] = '1';
  const asked = spec?.resources?.requests?.['storage'];
  const allocated = status?.allocatedResources?.['storage'];
  const size = asked && allocated && compareQuantities(allocated, asked) > 0 ? allocated : asked;
  if (size === undefined) return usage;
  usage['requests.storage'] = size;
  if (name !== '') usage[`${name}${ofClass}requests.storage`] = size;
  return usage;
}
const ofClass = '.storageclass.storage.k8s.io/';

/** Whose usage the resource `name` of a quota counts; undefined where nobody's. */
export function countedBy(name: string): Counted | undefined {
  if (name.startsWith('count/')) {
    const [resource = '', ...group] = name.slice('count/'.length).split('.');
    return { group: group.join('.'), resource };
  }
  if (name === 'services' || name.startsWith('services.')) return { group: '', resource: 'services' };
  if (name === 'persistentvolumeclaims' || name === 'requests.storage' || name.includes(ofClass)) {
    return { group: '', resource: 'persistentvolumeclaims' };
  }
  if (plain.has(name)) return { group: '', resource: name };
  return isOfPods(name) ? { group: '', resource: 'pods' } : undefined;
}

function isOfPods(name: string): boolean {
  const bare = name.replace(/^(requests|limits)\./, '');
  if (ofPods.has(bare) || bare.startsWith('hugepages-')) return true;
  return name.startsWith('requests.') && isExtended(bare);
}
const ofPods: ReadonlySet<string> = new Set(['pods', 'cpu', 'memory', 'ephemeral-storage']);

/** Those names of `names` that `counted` is charged for. */
export function namesFor(counted: Counted, names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    const by = countedBy(name);
    return by?.group === counted.group && by.resource === counted.resource;
  });
}
