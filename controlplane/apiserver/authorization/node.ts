import { persistentVolumeClaims, persistentVolumes, pods } from '#lib/api/resources.ts';
import type { PersistentVolume, Pod } from '#lib/api/types/core.v1.ts';
import type { PolicyRule } from '#lib/api/types/rbac.v1.ts';
import type { Registry } from '../registry/registry.ts';
import { type Attributes, type Authorize, type Decision, noOpinion } from './attributes.ts';
import { referencesOf } from './pod-references.ts';
import { rulesAllow } from './rules.ts';

/**
 * What a kubelet may do: the rules of role system:node, but secrets, config maps, claims, volumes, tokens and the like
 * only of pods bound to its own node. Rule: Node authorizer, k8s.io/kubernetes plugin/pkg/auth/authorizer/node.
 */
export function createNodeAuthorizer(registry: Pick<Registry, 'reader'>, rules: readonly PolicyRule[]): Authorize {
  const podsOf = indexByNode(registry);
  const claims = registry.reader(persistentVolumeClaims);
  const volumes = registry.reader(persistentVolumes);

  function* volumesOf(node: string): Generator<PersistentVolume> {
    for (const references of podsOf(node).values()) {
      for (const reference of references) {
        if (!reference.startsWith(claimPrefix)) continue;
        const name = claims.get(reference.slice(claimPrefix.length))?.spec?.volumeName;
        const volume = name === undefined ? undefined : volumes.get(name);
        if (volume !== undefined) yield volume;
      }
    }
  }

  function isRelated(node: string, kind: string, { namespace, name }: Attributes): boolean {
    const wanted = `${kind} ${namespace}/${name}`;
    for (const references of podsOf(node).values()) if (references.includes(wanted)) return true;
    if (kind === 'persistentvolumes') {
      for (const volume of volumesOf(node)) if (volume.metadata.name === name) return true;
    }
    if (kind === 'secrets') {
      for (const volume of volumesOf(node)) if (secretsOf(volume).includes(`${namespace}/${name}`)) return true;
    }
    return false;
  }

  function related(node: string, kind: string, attributes: Attributes): Decision {
    if (attributes.name === '') return { isAllowed: false, reason: 'No Object name found' };
    if (isRelated(node, kind, attributes)) return { isAllowed: true, reason: '' };
    return { isAllowed: false, reason: `no relationship found between node '${node}' and this object` };
  }

  return (attributes) => {
    const node = nodeOf(attributes);
    if (node === undefined) return noOpinion;
    if (!attributes.isResource) return rulesAllow(rules, attributes) ? { isAllowed: true, reason: '' } : noOpinion;
    const { verb, resource, subresource } = attributes;
    switch (`${attributes.group}/${resource}`) {
      case '/secrets':
      case '/configmaps':
        if (!isRead(verb)) return denied('can only read resources of this type');
        if (subresource !== '') return denied('cannot read subresource');
        if (attributes.namespace === '') return denied('can only read namespaced object of this type');
        return related(node, resource, attributes);
      case '/persistentvolumeclaims':
        if (subresource === 'status') {
          if (!['get', 'update', 'patch'].includes(verb)) return denied('can only get/update/patch this type');
        } else if (verb !== 'get' || subresource !== '')
          return denied('can only get individual resources of this type');
        return related(node, resource, attributes);
      case '/persistentvolumes':
      case 'resource.k8s.io/resourceclaims':
        if (verb !== 'get' || subresource !== '') return denied('can only get individual resources of this type');
        return related(node, resource, attributes);
      case '/serviceaccounts':
        if (verb === 'create' && subresource === 'token') return related(node, resource, attributes);
        if (verb === 'get' && subresource === '') return related(node, resource, attributes);
        return denied('can only get, or create tokens for, individual service accounts');
      case 'coordination.k8s.io/leases':
        return ownLease(node, attributes);
      case 'storage.k8s.io/csinodes':
        return ownName(node, attributes, ['get', 'create', 'update', 'patch', 'delete']);
      case '/nodes':
        return anyNode(attributes);
      case '/pods':
        return ownPods(node, attributes, podsOf);
      default:
        return rulesAllow(rules, attributes) ? { isAllowed: true, reason: '' } : noOpinion;
    }
  };
}

const claimPrefix = 'persistentvolumeclaims ';

function nodeOf({ user }: Attributes): string | undefined {
  const isNode = user.name.startsWith('system:node:') && user.groups.includes('system:nodes');
  return isNode ? user.name.slice('system:node:'.length) || undefined : undefined;
}

function isRead(verb: string): boolean {
  return verb === 'get' || verb === 'list' || verb === 'watch';
}

function denied(reason: string): Decision {
  return { isAllowed: false, reason };
}

/** A node's lease has its name and lives in kube-node-lease. */
function ownLease(node: string, attributes: Attributes): Decision {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(attributes.verb) || attributes.subresource !== '') {
    return denied('can only get, create, update, patch, or delete a node lease');
  }
  if (attributes.namespace !== 'kube-node-lease')
    return denied('can only access leases in the "kube-node-lease" system namespace');
  return ownName(node, attributes, ['get', 'create', 'update', 'patch', 'delete']);
}

/** The name of what is created is in the body: admission (NodeRestriction) looks at that. */
function ownName(node: string, { verb, name, subresource }: Attributes, verbs: readonly string[]): Decision {
  if (!verbs.includes(verb) || subresource !== '') return noOpinion;
  if (verb !== 'create' && name !== node)
    return denied(`can only access a resource with the same name as the requesting node`);
  return { isAllowed: true, reason: '' };
}

function anyNode({ verb, subresource }: Attributes): Decision {
  if (subresource === '' && verb === 'create') return { isAllowed: true, reason: '' };
  if (subresource === '' && (verb === 'update' || verb === 'patch')) return { isAllowed: true, reason: '' };
  if (subresource === 'status' && (verb === 'update' || verb === 'patch')) return { isAllowed: true, reason: '' };
  if (subresource !== '' || !isRead(verb)) return noOpinion;
  // Upstream (1.32 on) shows a node only itself. Ours needs the others' pod ranges for its routes: it may see all.
  return { isAllowed: true, reason: '' };
}

/** Pods that are read must be asked for by node, or be bound to it. Rule: AuthorizeNodeWithSelectors. */
function ownPods(node: string, attributes: Attributes, podsOf: PodsOf): Decision {
  const { verb, name, namespace, subresource, fields } = attributes;
  if (subresource === 'status') return allowIf(verb === 'update' || verb === 'patch');
  if (subresource === 'eviction') return allowIf(verb === 'create');
  if (subresource !== '') return noOpinion;
  if (verb === 'create' || verb === 'delete') return { isAllowed: true, reason: '' };
  if (verb === 'get') {
    if (podsOf(node).has(`${namespace}/${name}`)) return { isAllowed: true, reason: '' };
    return denied(`no relationship found between node '${node}' and this object`);
  }
  if (verb === 'list' || verb === 'watch') {
    if (fields?.get('spec.nodeName') === node) return { isAllowed: true, reason: '' };
    return denied(`can only list/watch pods with spec.nodeName field selector`);
  }
  return noOpinion;
}

function allowIf(isAllowed: boolean): Decision {
  return { isAllowed, reason: '' };
}

/** Secrets that a volume's driver needs on the node, as 'namespace/name'. */
function secretsOf({ spec }: PersistentVolume): readonly string[] {
  const { csi } = spec ?? {};
  const references = [csi?.nodePublishSecretRef, csi?.nodeStageSecretRef, csi?.nodeExpandSecretRef];
  return references.flatMap((one) => (one?.name === undefined ? [] : [`${one.namespace}/${one.name}`]));
}

/** The pods of a node by 'namespace/name', with what they refer to: the pods themselves would take ten times the memory. */
type PodsOf = (node: string) => ReadonlyMap<string, readonly string[]>;

/** Keeps up with the cache of pods. */
function indexByNode(registry: Pick<Registry, 'reader'>): PodsOf {
  const byNode = new Map<string, Map<string, readonly string[]>>();
  const put = (pod: Pod, key: string) => {
    const node = pod.spec?.nodeName;
    if (!node) return;
    byNode.set(node, (byNode.get(node) ?? new Map<string, readonly string[]>()).set(key, referencesOf(pod)));
  };
  const reader = registry.reader(pods);
  for (const pod of reader.list()) put(pod, `${pod.metadata.namespace}/${pod.metadata.name}`);
  reader.onChange((now, before, key) => {
    const node = before?.spec?.nodeName;
    const some = node === undefined ? undefined : byNode.get(node);
    if (some?.delete(key) && some.size === 0) byNode.delete(node!);
    if (now !== undefined) put(now, key);
  });
  return (node) => byNode.get(node) ?? none;
}
const none: ReadonlyMap<string, readonly string[]> = new Map();
