import type { KubeObject } from '#lib/api/resource.ts';
import type { PodCertificateRequest } from '#lib/api/types/certificates.v1.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import type { Attributes, Plugin } from './admission.ts';
import { refuse } from './refuse.ts';

export interface NodeRestrictionOptions {
  podAt(namespace: string, name: string): Pod | undefined;
}

/** A node changes itself and what runs on it, nothing else. Rule: NodeRestriction admission. */
export function createNodeRestriction(options: NodeRestrictionOptions): Plugin {
  return {
    name: 'NodeRestriction',
    validate(attributes) {
      const { user, group, resource } = attributes;
      if (!user.groups.includes('system:nodes') || !user.name.startsWith(prefix)) return;
      const node = user.name.slice(prefix.length);
      const check = checks[group === '' ? resource : `${resource}.${group}`];
      check?.(attributes, node, options);
    },
  };
}
const prefix = 'system:node:';

type Check = (attributes: Attributes, node: string, options: NodeRestrictionOptions) => void;
const checks: Readonly<Record<string, Check>> = {
  pods: checkPod,
  nodes: checkNode,
  'leases.coordination.k8s.io': checkLease,
  'csinodes.storage.k8s.io': checkOwnName,
  'podcertificaterequests.certificates.k8s.io': checkCertificateRequest,
};

function checkPod(attributes: Attributes, node: string, { podAt }: NodeRestrictionOptions): void {
  const { operation, subresource, namespace, name, oldObject } = attributes;
  if (subresource === '' && operation === 'CREATE') {
    checkMirrorPod(attributes, node);
    return;
  }
  const isMine = (pod: Pod | undefined): boolean => pod?.spec?.nodeName === node;
  const target = (oldObject as Pod | undefined) ?? podAt(namespace, name);
  if (subresource === '' && operation === 'DELETE') {
    if (!isMine(target))
      throw refuse(attributes, `node ${quote(node)} can only delete pods with spec.nodeName set to itself`);
  } else if (subresource === 'status' && operation === 'UPDATE') {
    if (!isMine(target))
      throw refuse(
        attributes,
        `node ${quote(node)} can only update pod status for pods with spec.nodeName set to itself`,
      );
    checkSameLabels(attributes, node);
  } else if (subresource === 'eviction') {
    if (!isMine(target))
      throw refuse(attributes, `node ${quote(node)} can only evict pods with spec.nodeName set to itself`);
  } else {
    throw refuse(
      attributes,
      `unexpected pod subresource ${quote(subresource)}, only 'status' and 'eviction' are allowed`,
    );
  }
}

function checkMirrorPod(attributes: Attributes, node: string): void {
  const { metadata, spec } = attributes.object as unknown as Pod;
  if (metadata.annotations?.['kubernetes.io/config.mirror'] === undefined) {
    throw refuse(
      attributes,
      `pod does not have "kubernetes.io/config.mirror" annotation, node ${quote(node)} can only create mirror pods`,
    );
  }
  if (spec?.nodeName !== node) {
    throw refuse(attributes, `node ${quote(node)} can only create pods with spec.nodeName set to itself`);
  }
  const owners = metadata.ownerReferences ?? [];
  const isOwned =
    owners.length === 1 && owners[0]?.kind === 'Node' && owners[0].name === node && owners[0].apiVersion === 'v1';
  if (!isOwned) {
    throw refuse(attributes, `node ${quote(node)} can only create pods with an owner reference set to itself`);
  }
  if (spec.serviceAccountName)
    throw refuse(attributes, `node ${quote(node)} can not create pods that reference a service account`);
  const kinds = ['secret', 'configMap', 'persistentVolumeClaim'] as const;
  const refers = spec.volumes?.some((volume) => kinds.some((kind) => volume[kind] !== undefined));
  if (refers) throw refuse(attributes, `node ${quote(node)} can not create pods that reference API objects`);
}

function checkSameLabels(attributes: Attributes, node: string): void {
  const { object, oldObject } = attributes;
  if (sameMap(object?.metadata.labels, oldObject?.metadata.labels)) return;
  throw refuse(attributes, `node ${quote(node)} cannot update labels through pod status`);
}

function checkNode(attributes: Attributes, node: string): void {
  const { operation, name, object, oldObject } = attributes;
  const target = name || object?.metadata.name;
  if (target !== node)
    throw refuse(attributes, `node ${quote(node)} is not allowed to modify node ${quote(target ?? '')}`);
  if (operation === 'DELETE') return;
  const next = object as unknown as Node;
  const before = oldObject as Node | undefined;
  const changed = changedLabels(next, before).filter(isForbiddenLabel);
  if (changed.length > 0) {
    const verb = operation === 'CREATE' ? 'set' : 'modify';
    throw refuse(attributes, `is not allowed to ${verb} the following labels: ${changed.sort().join(', ')}`);
  }
  if (operation === 'CREATE') {
    if (next.metadata.ownerReferences?.length)
      throw refuse(attributes, `node ${quote(node)} is not allowed to set ownerReferences`);
    return;
  }
  if (JSON.stringify(next.spec?.taints ?? []) !== JSON.stringify(before?.spec?.taints ?? [])) {
    throw refuse(attributes, `node ${quote(node)} is not allowed to modify taints`);
  }
  if (JSON.stringify(next.metadata.ownerReferences ?? []) !== JSON.stringify(before?.metadata.ownerReferences ?? [])) {
    throw refuse(attributes, `node ${quote(node)} is not allowed to modify ownerReferences`);
  }
}

function changedLabels(next: KubeObject, before: KubeObject | undefined): string[] {
  const [a, b] = [next.metadata.labels ?? {}, before?.metadata.labels ?? {}];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]);
}

/** Of the labels under kubernetes.io and k8s.io a kubelet sets only those that are its own to know. */
function isForbiddenLabel(key: string): boolean {
  const [namespace, name] = key.includes('/') ? key.split('/') : ['', key];
  if (namespace === 'node-restriction.kubernetes.io' || namespace!.endsWith('.node-restriction.kubernetes.io'))
    return true;
  if (!/(^|\.)(kubernetes|k8s)\.io$/.test(namespace!)) return false;
  if (/(^|\.)(kubelet|node)\.kubernetes\.io$/.test(namespace!)) return false;
  return !allowedLabels.has(`${namespace}/${name}`);
}
const allowedLabels: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
]);

function checkLease(attributes: Attributes, node: string): void {
  const { namespace } = attributes;
  if (namespace !== 'kube-node-lease') {
    throw refuse(attributes, `can only access leases in the "kube-node-lease" system namespace`);
  }
  const name = attributes.name || attributes.object?.metadata.name;
  if (name !== node) throw refuse(attributes, 'can only access node lease with the same name as the requesting node');
}

/** Only for who runs here, as it is known here. */
function checkCertificateRequest(attributes: Attributes, node: string, { podAt }: NodeRestrictionOptions): void {
  const { operation, namespace, object } = attributes;
  if (operation !== 'CREATE') throw refuse(attributes, `unexpected operation ${quote(operation)}`);
  const { spec } = object as unknown as PodCertificateRequest;
  if (spec.nodeName !== node) {
    const named = `PodCertificateRequest.Spec.NodeName=${quote(spec.nodeName)}`;
    throw refuse(attributes, `${named}, which is not the requesting node ${quote(node)}`);
  }
  const pod = podAt(namespace, spec.podName);
  if (pod?.spec?.nodeName !== node) {
    throw refuse(attributes, `pod ${quote(spec.podName)} is not running on node ${quote(node)}`);
  }
  const isMirror = pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  if (isMirror) throw refuse(attributes, `pod ${quote(spec.podName)} is a mirror pod`);
  const { uid = '' } = pod.metadata;
  if (spec.podUID !== uid)
    throw refuse(attributes, `pod UID ${quote(spec.podUID)} differs from that of the running pod, ${quote(uid)}`);
  if (spec.serviceAccountName !== (pod.spec.serviceAccountName || 'default')) {
    throw refuse(
      attributes,
      `pod ${quote(spec.podName)} does not run as service account ${quote(spec.serviceAccountName)}`,
    );
  }
}

function checkOwnName(attributes: Attributes, node: string): void {
  const name = attributes.name || attributes.object?.metadata.name;
  if (name !== node) throw refuse(attributes, 'can only access CSINode with the same name as the requesting node');
}

function sameMap(a: Readonly<Record<string, string>> = {}, b: Readonly<Record<string, string>> = {}): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function quote(text: string): string {
  return JSON.stringify(text);
}
