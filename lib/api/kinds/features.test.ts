import test from 'ava';
import type { KubeObject } from '../resource.ts';
import { dropFieldsOf } from './features.ts';
import type { ApiObject } from './object.ts';
import { rulesOf } from './rules.ts';

function dropped(group: string, kind: string, object: object, previous?: object): unknown {
  const next = { metadata: { name: 'a' }, ...structuredClone(object) } as unknown as ApiObject;
  dropFieldsOf(group, kind)!(next, previous as KubeObject | undefined);
  const { metadata, ...rest } = next;
  return rest;
}

const probe = (mode?: string) => ({ grpc: { port: 1, ...(mode === undefined ? {} : { mode }) } });

test('what is off is not kept, wherever a kind has pods', (t) => {
  const container = {
    name: 'a',
    livenessProbe: probe('TLS'),
    volumeMounts: [{ name: 'v', bindMountOptions: ['noexec'] }],
  };
  const volumes = [
    { name: 'v', emptyDir: { mode: 448, medium: 'Memory' } },
    { name: 'w', projected: { defaultUser: 5, sources: [{ secret: { items: [{ key: 'k', path: 'p', user: 5 }] } }] } },
  ];
  const spec = {
    schedulingGroup: { podGroupName: 'g' },
    initContainers: [container],
    containers: [container],
    volumes,
  };
  const kept = { name: 'a', livenessProbe: probe(), volumeMounts: [{ name: 'v' }] };
  const expected = {
    initContainers: [kept],
    containers: [kept],
    volumes: [
      { name: 'v', emptyDir: { medium: 'Memory' } },
      { name: 'w', projected: { sources: [{ secret: { items: [{ key: 'k', path: 'p' }] } }] } },
    ],
  };
  t.deepEqual(dropped('', 'Pod', { spec }), { spec: expected });
  t.deepEqual(dropped('', 'PodTemplate', { template: { spec } }), { template: { spec: expected } });
  const template = { spec };
  t.deepEqual(dropped('apps', 'Deployment', { spec: { template } }), { spec: { template: { spec: expected } } });
  const jobTemplate = { spec: { scheduling: {}, template } };
  t.deepEqual(dropped('batch', 'CronJob', { spec: { jobTemplate } }), {
    spec: { jobTemplate: { spec: { template: { spec: expected } } } },
  });
});

test('what is in use stays on, all of one feature and none of another', (t) => {
  const spec = {
    containers: [{ name: 'a', startupProbe: probe('TLS') }],
    volumes: [{ name: 'v', emptyDir: { mode: 448 } }],
  };
  const previous = { spec: { containers: [{ name: 'b', livenessProbe: probe('Plaintext') }] } };
  t.deepEqual(dropped('', 'Pod', { spec }, previous), { spec: { ...spec, volumes: [{ name: 'v', emptyDir: {} }] } });
});

test('maps are looked into as lists are, and nothing is touched that only looks like it', (t) => {
  const attributes = { a: { ints: [1] }, b: { int: 1 } };
  const spec = { skipNodeOperations: ['*'], devices: [{ name: 'x', attributes }], driver: 'd' };
  t.deepEqual(dropped('resource.k8s.io', 'ResourceSlice', { spec }), {
    spec: { devices: [{ name: 'x', attributes: { a: {}, b: { int: 1 } } }], driver: 'd' },
  });
  t.deepEqual(dropped('', 'Pod', { spec: { volumes: 'x', containers: null } }), {
    spec: { volumes: 'x', containers: null },
  });
  t.is(dropFieldsOf('', 'ConfigMap'), undefined);
});

test('a claim from another namespace loses its source, unless it has one already', (t) => {
  const rules = rulesOf('', 'PersistentVolumeClaim');
  const dataSourceRef = { kind: 'PersistentVolumeClaim', name: 'c', namespace: 'other' };
  const claim = () => ({ metadata: { name: 'a' }, spec: { dataSourceRef } }) as unknown as ApiObject;
  const made = claim();
  rules.prepareForCreate(made);
  t.deepEqual(made['spec'], {});
  const next = claim();
  rules.prepareForUpdate(next, claim() as KubeObject);
  t.deepEqual(next['spec'], { dataSourceRef });
});
