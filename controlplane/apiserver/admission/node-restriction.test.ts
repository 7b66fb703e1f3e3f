import test from 'ava';
import { StatusError } from '#lib/api/status.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import { generateKey, renderRequest } from '#lib/pki/certificate-request.ts';
import type { Attributes } from './admission.ts';
import { createNodeRestriction } from './node-restriction.ts';

const podOn = (nodeName: string) => ({ metadata: { name: 'p' }, spec: { nodeName, containers: [] } }) as unknown as Pod;
const plugin = createNodeRestriction({
  podAt: () => podOn('n2'),
  nodeNamed: (name) => ({ metadata: { name, uid: 'uid-of-n1' } }) as Node,
});

interface Write {
  readonly operation: Attributes['operation'];
  /** `pods/status`, `resource.k8s.io/resourceslices`. */
  readonly at: string;
  readonly object?: object;
  readonly oldObject?: object;
}

/** What node n1 is told; undefined: it may. */
async function told({ operation, at, object, oldObject }: Write): Promise<string | undefined> {
  const [, group = '', resource = '', subresource = ''] = /^(?:([^/]*\.[^/]*)\/)?([^/]*)(?:\/(.*))?$/.exec(at) ?? [];
  const named = (object ?? oldObject) as { readonly metadata?: { readonly name?: string } } | undefined;
  const user = { name: 'system:node:n1', groups: ['system:nodes'] };
  const attributes = {
    operation,
    group,
    resource,
    subresource,
    namespace: 'default',
    name: named?.metadata?.name ?? '',
  };
  try {
    await plugin.validate?.({ ...attributes, user, object, oldObject } as unknown as Attributes, AbortSignal.any([]));
    return undefined;
  } catch (error) {
    if (error instanceof StatusError) return error.message.replace(/^\S+(?: "[^"]*")? is forbidden: /, '');
    throw error;
  }
}

const says = test.macro<[Write, string | undefined]>({
  title: (title, { operation, at }) => `A node that wants to ${operation.toLowerCase()} ${at} ${title}`,
  async exec(t, write, expected) {
    t.is(await told(write), expected);
  },
});

const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'uid-of-n1', controller: true };
const mirror = (spec: object = {}, owners: readonly object[] = [owner], annotations: object = mirrored) => ({
  operation: 'CREATE' as const,
  at: 'pods',
  object: {
    metadata: { name: 'p', annotations, ownerReferences: owners },
    spec: { nodeName: 'n1', containers: [{ name: 'c' }], ...spec },
  },
});
const mirrored = { 'kubernetes.io/config.mirror': 'x' };
const can = 'node "n1" can only create pods with';
test('may, of what it runs', says, mirror(), undefined);
test(
  'may not, of what others are to run',
  says,
  mirror({}, [owner], {}),
  'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
);
test('runs it itself', says, mirror({ nodeName: 'n2' }), `${can} spec.nodeName set to itself`);
test('owns it', says, mirror({}, []), `${can} an owner reference set to itself`);
test('owns it alone', says, mirror({}, [owner, owner]), `${can} a single owner reference set to itself`);
test(
  'owns it as its controller',
  says,
  mirror({}, [{ ...owner, controller: false }]),
  `${can} a controller owner reference set to itself`,
);
test(
  'blocks nobody',
  says,
  mirror({}, [{ ...owner, blockOwnerDeletion: true }]),
  'node "n1" must not set blockOwnerDeletion on an owner reference',
);
test(
  'is the node it was',
  says,
  mirror({}, [{ ...owner, uid: 'old' }]),
  'node n1 UID mismatch: expected old got uid-of-n1',
);
const refers = 'node "n1" can not create pods that reference';
test('has no account', says, mirror({ serviceAccountName: 'a' }), `${refers} a service account`);
test(
  'reads no secrets',
  says,
  mirror({ containers: [{ name: 'c', envFrom: [{ secretRef: { name: 's' } }] }] }),
  `${refers} secrets`,
);
test('reads no config maps', says, mirror({ volumes: [{ name: 'v', configMap: {} }] }), `${refers} configmaps`);
test(
  'claims no volumes',
  says,
  mirror({ volumes: [{ name: 'v', persistentVolumeClaim: {} }] }),
  `${refers} persistentvolumeclaims`,
);

const onOther = podOn('n2');
test(
  'is told whose they are',
  says,
  { operation: 'DELETE', at: 'pods', oldObject: onOther },
  'node "n1" can only delete pods with spec.nodeName set to itself',
);
test(
  'is told whose it is',
  says,
  { operation: 'CREATE', at: 'pods/eviction', object: { metadata: { name: 'p' } } },
  'node n1 can only evict pods with spec.nodeName set to itself',
);
test(
  'may only make and delete them',
  says,
  { operation: 'UPDATE', at: 'pods', object: podOn('n1'), oldObject: podOn('n1') },
  'unexpected operation "UPDATE", node "n1" can only create and delete mirror pods',
);
test(
  'leaves claims for devices alone',
  says,
  {
    operation: 'UPDATE',
    at: 'pods/status',
    object: { ...podOn('n1'), status: { resourceClaimStatuses: [{ name: 'x' }] } },
    oldObject: podOn('n1'),
  },
  'node "n1" cannot update resource claim statues',
);

const node = (metadata: object = {}, spec: object = {}) => ({ metadata: { name: 'n1', ...metadata }, spec });
const restricted = { labels: { 'node-restriction.kubernetes.io/x': 'y' } };
test(
  'names labels that it may not set',
  says,
  { operation: 'CREATE', at: 'nodes', object: node(restricted) },
  'node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/x',
);
test(
  'names labels that it may not change',
  says,
  { operation: 'UPDATE', at: 'nodes', object: node(restricted), oldObject: node() },
  'is not allowed to modify labels: node-restriction.kubernetes.io/x',
);
test(
  'keeps its taints',
  says,
  {
    operation: 'UPDATE',
    at: 'nodes',
    object: node(),
    oldObject: node({}, { taints: [{ key: 'a', effect: 'NoSchedule' }] }),
  },
  'node "n1" is not allowed to modify taints',
);

const claim = (capacity: string, annotations: object = {}) => ({
  metadata: { name: 'c', annotations },
  status: { phase: 'Bound', capacity: { storage: capacity } },
});
test(
  'may say how large they are',
  says,
  { operation: 'UPDATE', at: 'persistentvolumeclaims/status', object: claim('2Gi'), oldObject: claim('1Gi') },
  undefined,
);
test(
  'may say nothing else',
  says,
  {
    operation: 'UPDATE',
    at: 'persistentvolumeclaims/status',
    object: claim('1Gi', { a: 'b' }),
    oldObject: claim('1Gi'),
  },
  'node "n1" is not allowed to update fields other than status.capacity and status.conditions',
);
test(
  'may not',
  says,
  { operation: 'UPDATE', at: 'persistentvolumeclaims', object: claim('1Gi'), oldObject: claim('1Gi') },
  'may only update PVC status',
);
const slice = (nodeName: string) => ({ metadata: { name: 's' }, spec: { nodeName } });
const slices = 'resource.k8s.io/resourceslices';
test('may, its own', says, { operation: 'CREATE', at: slices, object: slice('n1') }, undefined);
test(
  'may not, those of others',
  says,
  { operation: 'DELETE', at: slices, oldObject: slice('n2') },
  'can only delete ResourceSlice with the same NodeName as the requesting node',
);

test('A node orders certificates in its own name only', async (t) => {
  const key = await generateKey();
  const order = (commonName: string, signerName: string) => {
    const request = renderRequest(key, { commonName, organizations: ['system:nodes'] });
    const object = { metadata: { name: 'r' }, spec: { signerName, request: Buffer.from(request).toString('base64') } };
    return told({ operation: 'CREATE', at: 'certificates.k8s.io/certificatesigningrequests', object });
  };
  const serving = 'kubernetes.io/kubelet-serving';
  t.is(await order('system:node:n1', serving), undefined);
  t.is(await order('system:node:n2', serving), 'can only create a node CSR with CN=system:node:n1');
  t.is(await order('system:node:n2', 'example.com/own'), undefined);
});
