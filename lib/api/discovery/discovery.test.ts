import test from 'ava';
import { encodeAs } from '#lib/api/json/encode.ts';
import { aggregatedDocument } from './aggregated.ts';
import { apiVersionsDocument, groupDocument, groupListDocument, resourceListDocument } from './legacy.ts';
import { builtInGroups, builtInResources } from './served.ts';

const core = { group: '', version: 'v1' };

test('apiVersionsDocument() names v1 and the address', (t) => {
  t.deepEqual(apiVersionsDocument('10.0.0.1:6443'), {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '10.0.0.1:6443' }],
  });
});

test('groupListDocument() has all groups but the core one, in upstream’s order', (t) => {
  const names = groupListDocument(builtInGroups).groups.map(({ name }) => name);
  t.deepEqual(names.slice(0, 4), ['apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io']);
  t.false(names.includes(''));
});

test('groupDocument() prefers the first version', (t) => {
  const group = groupDocument(builtInGroups.find(({ group }) => group === 'autoscaling')!);
  t.deepEqual(group, {
    kind: 'APIGroup',
    apiVersion: 'v1',
    name: 'autoscaling',
    versions: [
      { groupVersion: 'autoscaling/v2', version: 'v2' },
      { groupVersion: 'autoscaling/v1', version: 'v1' },
    ],
    preferredVersion: { groupVersion: 'autoscaling/v2', version: 'v2' },
  });
});

test('resourceListDocument() of the core group is sorted by name, subresources among them', (t) => {
  const list = resourceListDocument(core, builtInResources);
  const names = list.resources.map(({ name }) => name);
  t.deepEqual(names, [...names].sort());
  t.true(names.includes('pods/log'));
  t.is(list.apiVersion, undefined);
  t.deepEqual(
    list.resources.find(({ name }) => name === 'pods/eviction'),
    {
      name: 'pods/eviction',
      singularName: '',
      namespaced: true,
      group: 'policy',
      version: 'v1',
      kind: 'Eviction',
      verbs: ['create'],
    },
  );
  t.deepEqual(
    list.resources.find(({ name }) => name === 'pods'),
    {
      name: 'pods',
      singularName: 'pod',
      namespaced: true,
      kind: 'Pod',
      verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
      shortNames: ['po'],
      categories: ['all'],
      storageVersionHash: 'xPOwRZ+Yhw8=',
    },
  );
});

test('aggregatedDocument() splits the core group from the others', (t) => {
  const api = aggregatedDocument('/api', builtInGroups, builtInResources);
  t.deepEqual(
    api.items.map(({ metadata }) => metadata),
    [{}] as never,
  );
  t.is(api.items[0]?.versions?.[0]?.resources?.[0]?.resource, 'bindings');
  const apps = aggregatedDocument('/apis', builtInGroups, builtInResources, 'v2beta1').items.find(
    ({ metadata }) => metadata?.name === 'apps',
  );
  const deployments = apps?.versions?.[0]?.resources?.find(({ resource }) => resource === 'deployments');
  t.deepEqual(deployments?.subresources?.[0], {
    subresource: 'scale',
    responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    verbs: ['get', 'patch', 'update'],
  });
});

test('Discovery documents are of their declared types', (t) => {
  const list = resourceListDocument({ group: 'apps', version: 'v1' }, builtInResources);
  t.deepEqual(JSON.parse(encodeAs(list, 'io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList')), list as never);
  const all = aggregatedDocument('/apis', builtInGroups, builtInResources);
  t.deepEqual(JSON.parse(encodeAs(all, 'io.k8s.api.apidiscovery.v2.APIGroupDiscoveryList')), all as never);
});
