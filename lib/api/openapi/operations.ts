// What can be asked of a resource, by path, in terms that both versions of OpenAPI are rendered from.
import type { ServedResource } from '#lib/api/discovery/served.ts';
import type { SubresourceFacts } from '#lib/api/facts.ts';
import { typeOfKind } from '#lib/api/schema.ts';
import { connectOperations } from './connect.ts';
import type { GroupVersionKind, Naming, Operation, PathOperations } from './operation.ts';
import {
  deleteCollectionParameters,
  deleteParameters,
  listParameters,
  type Parameter,
  patchParameters,
  pathParameter,
  pretty,
  writeParameters,
} from './parameters.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** All paths of a resource, its subresources' among them. */
export function operationsOf(resource: ServedResource): readonly PathOperations[] {
  const { plural, scope } = resource;
  const root = rootOf(resource);
  const isNamespaced = scope === 'Namespaced';
  const collection = isNamespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const shared = isNamespaced ? [namespaceParameter, pretty] : [pretty];
  const named = [pathParameter('name', `Name of the ${resource.kind}.`), ...shared];
  const naming = namingOf(resource);
  const paths = [
    { path: collection, parameters: shared, operations: collectionOperations(resource, naming) },
    { path: `${collection}/{name}`, parameters: named, operations: itemOperations(resource, naming) },
    ...resource.subresources.flatMap((subresource) => {
      const path = `${collection}/{name}/${subresource.name}`;
      return subresourceOperations(resource, subresource, naming, path, named);
    }),
    ...(isNamespaced && resource.verbs.includes('list')
      ? [{ path: `${root}/${plural}`, parameters: [pretty], operations: [listOperation(resource, naming, true)] }]
      : []),
  ];
  return paths.filter(({ operations }) => operations.length > 0);
}

export const namespaceParameter = pathParameter('namespace', 'Namespace of the object.');

export function namingOf({
  group,
  version,
  kind,
  scope,
}: Pick<ServedResource, 'group' | 'version' | 'kind' | 'scope'>): Naming {
  const { api, tag } = namesOfGroup(group);
  return {
    api: api + capital(version),
    name: (scope === 'Namespaced' ? 'Namespaced' : '') + kind,
    tag: `${tag}_${version}`,
  };
}

/** `RbacAuthorization` and `rbacAuthorization` of `rbac.authorization.k8s.io`. */
export function namesOfGroup(group: string): { readonly api: string; readonly tag: string } {
  const [first = '', ...rest] = (group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')).split('.');
  const tag = first + rest.map(capital).join('');
  return { api: capital(tag), tag };
}

export function rootOf({ group, version }: Pick<ServedResource, 'group' | 'version'>): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function typeNameOf({ group, version, kind }: GroupVersionKind): string {
  const type = typeOfKind(group, version, kind);
  // What the server does not bring along is named as definitions of custom resources are.
  return type?.name ?? [...group.split('.').reverse(), version, kind].join('.');
}

function listOperation(resource: ServedResource, { api, name, tag }: Naming, isForAll: boolean): Operation {
  const kind = kindOf(resource);
  return {
    method: 'get',
    action: 'list',
    operationId: isForAll ? `list${api}${resource.kind}ForAllNamespaces` : `list${api}${name}`,
    description: `list or watch objects of kind ${resource.kind}`,
    tag,
    kind,
    parameters: listParameters,
    answer: typeNameOf({ ...kind, kind: `${resource.kind}List` }),
    codes: [200],
    isWatchable: resource.verbs.includes('watch'),
  };
}

function kindOf({ group, version, kind }: ServedResource): GroupVersionKind {
  return { group, version, kind };
}

function collectionOperations(resource: ServedResource, naming: Naming): readonly Operation[] {
  const { verbs } = resource;
  const { api, name, tag } = naming;
  const kind = kindOf(resource);
  const type = typeNameOf(kind);
  const operations: Operation[] = [];
  if (verbs.includes('list')) operations.push(listOperation(resource, naming, false));
  if (verbs.includes('create')) {
    operations.push({
      method: 'post',
      action: 'post',
      operationId: `create${api}${name}`,
      description: `create a ${resource.kind}`,
      tag,
      kind,
      parameters: writeParameters,
      body: { type, isRequired: true },
      answer: type,
      codes: [200, 201, 202],
    });
  }
  if (verbs.includes('deletecollection')) {
    operations.push({
      method: 'delete',
      action: 'deletecollection',
      operationId: `delete${api}Collection${name}`,
      description: `delete collection of ${resource.kind}`,
      tag,
      kind,
      parameters: deleteCollectionParameters,
      body: { type: `${meta}.DeleteOptions` },
      answer: `${meta}.Status`,
      codes: [200],
    });
  }
  return operations;
}

function itemOperations(resource: ServedResource, { api, name, tag }: Naming): readonly Operation[] {
  const kind = kindOf(resource);
  const type = typeNameOf(kind);
  const operations = objectOperations(resource.verbs, {
    api,
    name,
    tag,
    kind,
    type,
    what: `the specified ${resource.kind}`,
  });
  if (!resource.verbs.includes('delete')) return operations;
  return [
    ...operations,
    {
      method: 'delete',
      action: 'delete',
      operationId: `delete${api}${name}`,
      description: `delete a ${resource.kind}`,
      tag,
      kind,
      parameters: deleteParameters,
      body: { type: `${meta}.DeleteOptions` },
      answer: answersDeleted.has(`${resource.group}/${resource.plural}`) ? type : `${meta}.Status`,
      codes: [200, 202],
    },
  ];
}

/** Resources whose deletion answers with the object as it was. Rule: ReturnDeletedObject of their stores. */
const answersDeleted: ReadonlySet<string> = new Set([
  '/persistentvolumeclaims',
  '/persistentvolumes',
  '/pods',
  '/podtemplates',
  '/resourcequotas',
  '/serviceaccounts',
  '/services',
  'resource.k8s.io/deviceclasses',
  'resource.k8s.io/devicetaintrules',
  'resource.k8s.io/resourceclaims',
  'resource.k8s.io/resourceclaimtemplates',
  'resource.k8s.io/resourceslices',
  'storage.k8s.io/csidrivers',
  'storage.k8s.io/csinodes',
  'storage.k8s.io/storageclasses',
  'storage.k8s.io/volumeattachments',
  'storage.k8s.io/volumeattributesclasses',
]);

/** Reading, replacing and patching: the same for an object and for what stands under it. */
function objectOperations(
  verbs: readonly string[],
  {
    api,
    name,
    tag,
    kind,
    type,
    what,
  }: Naming & { readonly kind: GroupVersionKind; readonly type: string; readonly what: string },
): readonly Operation[] {
  const base = { tag, kind, answer: type };
  const all: readonly Operation[] = [
    {
      ...base,
      method: 'get',
      action: 'get',
      operationId: `read${api}${name}`,
      description: `read ${what}`,
      parameters: [],
      codes: [200],
    },
    {
      ...base,
      method: 'put',
      action: 'put',
      operationId: `replace${api}${name}`,
      description: `replace ${what}`,
      parameters: writeParameters,
      body: { type, isRequired: true },
      codes: [200, 201],
    },
    {
      ...base,
      method: 'patch',
      action: 'patch',
      operationId: `patch${api}${name}`,
      description: `partially update ${what}`,
      parameters: patchParameters,
      body: { type: `${meta}.Patch`, isPatch: true, isRequired: true },
      codes: [200, 201],
    },
  ];
  return all.filter(({ action }) => verbs.includes(action === 'put' ? 'update' : (action ?? '')));
}

function subresourceOperations(
  resource: ServedResource,
  subresource: SubresourceFacts,
  { api, name, tag }: Naming,
  path: string,
  parameters: readonly Parameter[],
): readonly PathOperations[] {
  const kind = {
    group: subresource.group ?? resource.group,
    version: subresource.version ?? resource.version,
    kind: subresource.kind,
  };
  const naming = { api, name: name + capital(subresource.name), tag };
  if (subresource.name === 'log' || subresource.kind.endsWith('Options')) {
    return connectOperations(subresource, { ...naming, kind, owner: resource.kind }, path, parameters);
  }
  const type = typeNameOf(kind);
  const what = `${subresource.name} of the specified ${resource.kind}`;
  const operations: Operation[] = [...objectOperations(subresource.verbs, { ...naming, kind, type, what })];
  if (subresource.verbs.includes('create')) {
    operations.push({
      method: 'post',
      action: 'post',
      operationId: `create${naming.api}${naming.name}`,
      description: `create ${subresource.name} of a ${resource.kind}`,
      tag,
      kind,
      parameters: writeParameters,
      body: { type, isRequired: true },
      answer: type,
      codes: [200, 201, 202],
    });
  }
  return [{ path, parameters, operations }];
}
