import { isSame } from '#lib/api/kinds/equal.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { CertificateSigningRequest, PodCertificateRequest } from '#lib/api/types/certificates.v1.ts';
import type { Node, PersistentVolumeClaim, Pod } from '#lib/api/types/core.v1.ts';
import type { ResourceSlice } from '#lib/api/types/resource.v1.ts';
import { describeRequest } from '#lib/pki/signing.ts';
import type { Attributes, Plugin } from './admission.ts';
import { wrongMirrorPod } from './mirror-pods.ts';
import { refuse } from './refuse.ts';

export interface NodeRestrictionOptions {
  podAt(namespace: string, name: string): Pod | undefined;
  nodeNamed(name: string): Node | undefined;
}

/** A node changes itself and what runs on it, nothing else. Rule: NodeRestriction admission. */
export function createNodeRestriction(options: NodeRestrictionOptions): Plugin {
  return {
    name: 'NodeRestriction',
    validate(attributes) {
      const { user, group, resource } = attributes;
      if (!user.groups.includes('system:nodes') || !user.name.startsWith(prefix)) return undefined;
      const node = user.name.slice(prefix.length);
      const check = checks[group === '' ? resource : `${resource}.${group}`];
      return check?.(attributes, node, options);
    },
  };
}
const prefix = 'system:node:';

type Check = (attributes: Attributes, node: string, options: NodeRestrictionOptions) => void | Promise<void>;
const checks: Readonly<Record<string, Check>> = {
  pods: checkPod,
  nodes: checkNode,
  persistentvolumeclaims: checkClaim,
  'leases.coordination.k8s.io': checkLease,
  'csinodes.storage.k8s.io': checkOwnName,
  'resourceslices.resource.k8s.io': checkSlice,
  'certificatesigningrequests.certificates.k8s.io': checkSigningRequest,
  'podcertificaterequests.certificates.k8s.io': checkCertificateRequest,
};

function checkPod(attributes: Attributes, node: string, { podAt, nodeNamed }: NodeRestrictionOptions): void {
  const { operation, subresource, namespace, name, oldObject } = attributes;
  const isMine = (pod: Pod | undefined): boolean => pod?.spec?.nodeName === node;
  const target = (oldObject as Pod | undefined) ?? podAt(namespace, name);
  const only = (what: string): void => {
    if (!isMine(target)) throw refuse(attributes, `node ${what} pods with spec.nodeName set to itself`);
  };
  switch (`${operation} ${subresource}`) {
    case 'CREATE ': {
      const wrong = wrongMirrorPod(attributes.object as unknown as Pod, node, nodeNamed(node));
      if (wrong !== undefined) throw refuse(attributes, wrong);
      return;
    }
    case 'DELETE ':
      only(`${quote(node)} can only delete`);
      return;
    case 'UPDATE status':
      only(`${quote(node)} can only update pod status for`);
      checkPodStatus(attributes, node);
      return;
    case 'CREATE eviction':
      only(`${node} can only evict`);
      return;
  }
  if (subresource === '') {
    const why = `unexpected operation ${quote(operation)}, node ${quote(node)} can only create and delete mirror pods`;
    throw refuse(attributes, why);
  }
  if (subresource === 'status' || subresource === 'eviction') {
    throw refuse(attributes, `unexpected operation ${subresource === 'status' ? quote(operation) : operation}`);
  }
  throw refuse(
    attributes,
    `unexpected pod subresource ${quote(subresource)}, only 'status' and 'eviction' are allowed`,
  );
}

function checkPodStatus(attributes: Attributes, node: string): void {
  const { object, oldObject } = attributes;
  if (!sameMap(object?.metadata.labels, oldObject?.metadata.labels)) {
    throw refuse(attributes, `node ${quote(node)} cannot update labels through pod status`);
  }
  const claimsOf = (pod: unknown) => (pod as Pod | undefined)?.status?.resourceClaimStatuses ?? [];
  if (!isSame(claimsOf(object), claimsOf(oldObject))) {
    throw refuse(attributes, `node ${quote(node)} cannot update resource claim statues`);
  }
}

/** Of a claim a node says how large it has become. */
function checkClaim(attributes: Attributes, node: string): void {
  const { operation, subresource, object, oldObject } = attributes;
  if (subresource !== 'status') throw refuse(attributes, 'may only update PVC status');
  if (operation !== 'UPDATE') throw refuse(attributes, `unexpected operation ${quote(operation)}`);
  const fixed = (claim: unknown) => {
    const { metadata, status, ...rest } = claim as PersistentVolumeClaim;
    const { resourceVersion: _version, managedFields: _fields, ...meta } = metadata;
    const { capacity: _capacity, conditions: _conditions, ...others } = status ?? {};
    const { allocatedResources: _allocated, allocatedResourceStatuses: _statuses, ...same } = others;
    return { ...rest, metadata: meta, status: same };
  };
  if (isSame(fixed(object), fixed(oldObject))) return;
  const why = `node ${quote(node)} is not allowed to update fields other than status.capacity and status.conditions`;
  throw refuse(attributes, why);
}

function checkNode(attributes: Attributes, node: string): void {
  const { operation, name, object, oldObject } = attributes;
  const target = name || object?.metadata.name;
  if (target !== node)
    throw refuse(attributes, `node ${quote(node)} is not allowed to modify node ${quote(target ?? '')}`);
  if (operation === 'DELETE') return;
  const next = object as unknown as Node;
  const before = oldObject as Node | undefined;
  const config = next.spec?.configSource;
  const labels = changedLabels(next, before).filter(isForbiddenLabel).sort().join(', ');
  const deny = (why: string) => refuse(attributes, `node ${quote(node)} is not allowed to ${why}`);
  if (operation === 'CREATE') {
    if (config !== undefined) throw deny('create pods with a non-nil configSource');
    if (labels !== '') throw deny(`set the following labels: ${labels}`);
    if (next.metadata.ownerReferences?.length) throw deny('set ownerReferences');
    return;
  }
  if (config !== undefined && !isSame(config, before?.spec?.configSource)) {
    throw deny('update configSource to a new non-nil configSource');
  }
  if (!isSame(next.spec?.taints ?? [], before?.spec?.taints ?? [])) throw deny('modify taints');
  if (labels !== '') throw refuse(attributes, `is not allowed to modify labels: ${labels}`);
  if (!isSame(next.metadata.ownerReferences ?? [], before?.metadata.ownerReferences ?? [])) {
    throw deny('modify ownerReferences');
  }
}

/** What devices there are, a node says of itself. */
function checkSlice(attributes: Attributes, node: string): void {
  const { operation, object, oldObject } = attributes;
  if (operation !== 'CREATE' && operation !== 'DELETE') return;
  const slice = (operation === 'CREATE' ? object : oldObject) as unknown as ResourceSlice | undefined;
  if (slice?.spec?.nodeName === node) return;
  const verb = operation === 'CREATE' ? 'create' : 'delete';
  throw refuse(attributes, `can only ${verb} ResourceSlice with the same NodeName as the requesting node`);
}

const ofKubelets: ReadonlySet<string> = new Set([
  'kubernetes.io/kube-apiserver-client-kubelet',
  'kubernetes.io/kubelet-serving',
]);

/** A node orders certificates in its own name only. */
async function checkSigningRequest(attributes: Attributes, node: string): Promise<void> {
  if (attributes.operation !== 'CREATE') return;
  const { spec } = attributes.object as unknown as CertificateSigningRequest;
  if (!ofKubelets.has(spec.signerName)) return;
  const name = await commonNameOf(attributes, spec.request);
  if (name === prefix + node) return;
  throw refuse(attributes, `can only create a node CSR with CN=${prefix}${node}`);
}

async function commonNameOf(attributes: Attributes, request: string): Promise<string> {
  try {
    return (await describeRequest(Buffer.from(request, 'base64').toString())).commonName;
  } catch (error) {
    throw refuse(attributes, `unable to parse csr: ${(error as Error).message}`);
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
