import test from 'ava';
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import { clusterRoles, configMaps } from '#lib/api/resources.ts';
import type { Informers } from '../informers.ts';
import type { Kinds } from '../shared/kinds.ts';
import { createGraph } from './graph.ts';

const all = [configMaps, clusterRoles] as unknown as readonly Resource<KubeObject>[];
const kinds = {
  find: (group: string, kind: string) => all.find((one) => one.group === group && one.kind === kind),
  onNew() {},
  onGone() {},
  synced: Promise.resolve(),
} as unknown as Kinds;
const graph = createGraph(kinds, {} as Informers, () => {});
const map = { apiVersion: 'v1', kind: 'ConfigMap', name: 'm', uid: 'u' };
const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: 'r', uid: 'u' };

test('ownerOf() looks for an owner in the namespace of what it owns, or in none', (t) => {
  t.is(graph.ownerOf(map, 'n')?.key, 'n/m');
  t.is(graph.ownerOf(role, 'n')?.key, 'r');
  t.is(graph.ownerOf(role, undefined)?.key, 'r');
});

test('ownerOf() cannot tell where a namespaced owner of something without a namespace is', (t) => {
  t.is(graph.ownerOf(map, undefined), undefined);
  t.is(graph.ownerOf({ ...map, kind: 'Strange' }, 'n'), undefined);
});
