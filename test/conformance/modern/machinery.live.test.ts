// What every kind of object has in common: discovery, namespaces, pages of lists, quota, field validation.
import { isDeepStrictEqual } from 'node:util';
import {
  configMaps,
  flowSchemas,
  namespaces,
  pods,
  priorityLevelConfigurations,
  resourceQuotas,
  storageVersionMigrations,
} from '#lib/api/resources.ts';
import type { Namespace } from '#lib/api/types/core.v1.ts';
import type { APIGroup, APIGroupList, APIResourceList } from '#lib/api/types/meta.v1.ts';
import { eventually } from '../../live/cluster.ts';
import { isGone, supportsOperations } from './support/api-operations.ts';
import { isReady, template } from './support/pods.ts';
import { type Case, spec } from './support/spec.ts';
import { seen } from './support/watch.ts';

const flowCondition = { type: 'Dangling', status: 'True', reason: 'E2E', message: 'Set from a test' };

spec(
  '[sig-api-machinery] API priority and fairness should support FlowSchema API operations [Conformance]',
  async (c) => {
    await supportsOperations(c, flowSchemas, {
      draft: () => ({
        metadata: {},
        spec: {
          matchingPrecedence: 10_000,
          priorityLevelConfiguration: { name: 'global-default' },
          distinguisherMethod: { type: 'ByUser' },
          rules: [
            {
              subjects: [{ kind: 'User', user: { name: `nobody-${c.id}` } }],
              nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
            },
          ],
        },
      }),
      change: (schema) => ({ ...schema, spec: { ...schema.spec!, matchingPrecedence: 9999 } }),
      status: {
        patch: { conditions: [flowCondition] },
        update: { conditions: [{ ...flowCondition, status: 'False' }] },
      },
    });
  },
);

spec(
  '[sig-api-machinery] API priority and fairness should support PriorityLevelConfiguration API operations [Conformance]',
  async (c) => {
    await supportsOperations(c, priorityLevelConfigurations, {
      draft: () => ({
        metadata: {},
        spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } },
      }),
      change: (level) => ({
        ...level,
        spec: { ...level.spec!, limited: { ...level.spec!.limited, nominalConcurrencyShares: 4 } },
      }),
      status: {
        patch: { conditions: [flowCondition] },
        update: { conditions: [{ ...flowCondition, status: 'False' }] },
      },
    });
  },
);

spec(
  '[sig-api-machinery] StorageVersionMigration CRUD Tests storagemigration.k8s.io/v1 StorageVersionMigration [Conformance]',
  async (c) => {
    const condition = { type: 'Running', status: 'True', reason: 'E2E', lastTransitionTime: '2026-01-01T00:00:00Z' };
    await supportsOperations(c, storageVersionMigrations, {
      draft: () => ({ metadata: {}, spec: { resource: { group: `none-${c.id}.example.com`, resource: 'nothings' } } }),
      status: { patch: { conditions: [condition] }, update: { conditions: [condition] } },
    });
  },
);

spec(
  '[sig-api-machinery] Discovery should locate the groupVersion and a resource within each APIGroup [Conformance]',
  async (c) => {
    const { t, client, signal } = c;
    const { groups } = (await client.raw('GET', '/apis', signal)) as APIGroupList;
    const wanted = {
      'admissionregistration.k8s.io': 'validatingwebhookconfigurations',
      'apiextensions.k8s.io': 'customresourcedefinitions',
      'apiregistration.k8s.io': 'apiservices',
      apps: 'deployments',
      'authentication.k8s.io': 'tokenreviews',
      'authorization.k8s.io': 'selfsubjectaccessreviews',
      autoscaling: 'horizontalpodautoscalers',
      batch: 'jobs',
      'certificates.k8s.io': 'certificatesigningrequests',
      'coordination.k8s.io': 'leases',
      'discovery.k8s.io': 'endpointslices',
      'events.k8s.io': 'events',
      'networking.k8s.io': 'ingresses',
      'node.k8s.io': 'runtimeclasses',
      policy: 'poddisruptionbudgets',
      'rbac.authorization.k8s.io': 'roles',
      'scheduling.k8s.io': 'priorityclasses',
      'storage.k8s.io': 'csinodes',
    };
    for (const [name, resource] of Object.entries(wanted)) {
      t.truthy(
        groups.find((group) => group.name === name),
        name,
      );
      const group = (await client.raw('GET', `/apis/${name}`, signal)) as APIGroup;
      const version = group.preferredVersion?.groupVersion;
      t.true(group.versions.some(({ groupVersion }) => groupVersion === version));
      const list = (await client.raw('GET', `/apis/${version}`, signal)) as APIResourceList;
      t.is(list.groupVersion, version!);
      t.true(
        list.resources.some((one) => one.name === resource),
        resource,
      );
    }
  },
);

async function newNamespace(c: Case): Promise<Namespace> {
  const name = `modern-${c.id}-2`;
  c.defer(() => c.client.delete(namespaces, { name }, AbortSignal.timeout(10_000)));
  return await c.client.create(namespaces, { metadata: { name } }, c.signal);
}

spec('[sig-api-machinery] Namespaces should apply a finalizer to a Namespace [Conformance] [Serial]', async (c) => {
  const { t, client, signal } = c;
  const finalizer = 'e2e.example.com/fakeFinalizer';
  const { metadata } = await newNamespace(c);
  const at = { name: metadata.name };
  const finalize = (change: (finalizers: readonly string[]) => readonly string[]) =>
    eventually('an update of the finalizers', async () => {
      const now = await client.get(namespaces, at, signal);
      const wish = { ...now, spec: { finalizers: change(now.spec?.finalizers ?? []) } };
      return client.update(namespaces, wish, signal, { subresource: 'finalize' });
    });
  t.deepEqual((await finalize((all) => [...all, finalizer])).spec?.finalizers, ['kubernetes', finalizer]);
  t.deepEqual((await finalize((all) => all.filter((one) => one !== finalizer))).spec?.finalizers, ['kubernetes']);
});

spec('[sig-api-machinery] Namespaces should apply an update to a Namespace [Conformance] [Serial]', async (c) => {
  const { metadata } = await newNamespace(c);
  const updated = await eventually('an update', async () => {
    const now = await c.client.get(namespaces, { name: metadata.name }, c.signal);
    const labels = { ...now.metadata.labels, [c.id]: 'updated' };
    return c.client.update(namespaces, { ...now, metadata: { ...now.metadata, labels } }, c.signal);
  });
  c.t.is(updated.metadata.labels?.[c.id], 'updated');
  c.t.is(updated.metadata.labels?.['kubernetes.io/metadata.name'], metadata.name);
});

spec('[sig-api-machinery] Namespaces should apply changes to a namespace status [Conformance] [Serial]', async (c) => {
  const { t, client, signal } = c;
  const { metadata } = await newNamespace(c);
  const at = { name: metadata.name };
  const options = { subresource: 'status' };
  t.is((await client.get(namespaces, at, signal, options)).status?.phase, 'Active');
  const condition = (type: string) => {
    return {
      type,
      status: 'True' as const,
      reason: 'E2E',
      message: 'Set by a test',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
  };
  const body = {
    metadata: { annotations: { 'e2e-patched-ns-status': metadata.name } },
    status: { conditions: [condition('StatusPatch')] },
  };
  const patched = await client.patch(namespaces, at, { type: 'merge', body }, signal, options);
  t.is(patched.metadata.annotations?.['e2e-patched-ns-status'], metadata.name);
  t.like(patched.status?.conditions?.[0], { type: 'StatusPatch', status: 'True' });
  const updated = await eventually('an update of the status', async () => {
    const now = await client.get(namespaces, at, signal, options);
    const conditions = [...(now.status?.conditions ?? []), condition('StatusUpdate')];
    return client.update(namespaces, { ...now, status: { ...now.status, conditions } }, signal, options);
  });
  t.deepEqual(
    updated.status?.conditions?.map(({ type }) => type),
    ['StatusPatch', 'StatusUpdate'],
  );
});

spec(
  '[sig-api-machinery] OrderedNamespaceDeletion namespace deletion should delete pod first [Conformance]',
  async (c) => {
    const { t, client, signal } = c;
    const finalizer = 'e2e.example.com/finalizer';
    const { metadata } = await newNamespace(c);
    const namespace = metadata.name;
    const pod = { metadata: { name: 'pod', namespace, finalizers: [finalizer] }, spec: template({}).spec! };
    await eventually('a pod', () => client.create(pods, pod, signal));
    c.defer(() =>
      client.patch(
        pods,
        { namespace, name: 'pod' },
        { type: 'merge', body: { metadata: { finalizers: null } } },
        signal,
      ),
    );
    await client.create(configMaps, { metadata: { name: 'map', namespace } }, signal);
    await eventually('a ready pod', async () => isReady(await client.get(pods, { namespace, name: 'pod' }, signal)));
    await client.delete(namespaces, { name: namespace }, signal);
    await eventually('the pod to be on its way', async () => {
      return (await client.get(pods, { namespace, name: 'pod' }, signal)).metadata.deletionTimestamp;
    });
    const told = await eventually('what the namespace waits for', async () => {
      const { status } = await client.get(namespaces, { name: namespace }, signal);
      return status?.conditions?.find(
        ({ type, status: is }) => type === 'NamespaceFinalizersRemaining' && is === 'True',
      );
    });
    t.regex(told.message ?? '', new RegExp(finalizer));
    t.is((await client.get(configMaps, { namespace, name: 'map' }, signal)).metadata.deletionTimestamp, undefined);
    const free = { type: 'merge' as const, body: { metadata: { finalizers: null } } };
    await client.patch(pods, { namespace, name: 'pod' }, free, signal);
    await eventually('the namespace to go', () => isGone(client.get(namespaces, { name: namespace }, signal)), 60_000);
  },
);

spec('[sig-api-machinery] ResourceQuota should manage the lifecycle of a ResourceQuota [Conformance]', async (c) => {
  const { t, client, signal } = c;
  const labels = { modern: c.id };
  const labelSelector = `modern=${c.id}`;
  const made = await c.create(resourceQuotas, {
    metadata: { name: 'quota', labels },
    spec: { hard: { cpu: '1', memory: '500Mi' } },
  });
  t.deepEqual(made.spec?.hard, { cpu: '1', memory: '500Mi' });
  t.is((await client.list(resourceQuotas, { labelSelector }, signal)).items.length, 1);
  const body = { metadata: { labels: { quota: 'patched' } }, spec: { hard: { memory: '750Mi' } } };
  const patched = await client.patch(resourceQuotas, c.at('quota'), { type: 'strategic', body }, signal);
  t.is(patched.metadata.labels?.['quota'], 'patched');
  t.deepEqual(patched.spec?.hard, { cpu: '1', memory: '750Mi' });
  await client.deleteCollection(resourceQuotas, { namespace: c.namespace, labelSelector: 'quota=patched' }, signal);
  await eventually('no quota', async () => {
    return (await client.list(resourceQuotas, { labelSelector }, signal)).items.length === 0;
  });
});

spec('[sig-api-machinery] ResourceQuota should apply changes to a resourcequota status [Conformance]', async (c) => {
  const { t, client, signal } = c;
  const hard = { cpu: '500m', memory: '500Mi' };
  await c.create(resourceQuotas, { metadata: { name: 'quota', labels: { modern: c.id } }, spec: { hard } });
  const told = await c.when(resourceQuotas, 'quota', 'what it holds', ({ status }) =>
    isDeepStrictEqual(status?.hard, hard),
  );
  t.deepEqual(told.status?.used, { cpu: '0', memory: '0' });

  await eventually('an update', async () => {
    const now = await client.get(resourceQuotas, c.at('quota'), signal);
    return client.update(resourceQuotas, { ...now, spec: { ...now.spec, hard: { cpu: '1', memory: '1Gi' } } }, signal);
  });
  await c.when(resourceQuotas, 'quota', 'its change', ({ status }) => status?.hard?.['memory'] === '1Gi');

  const options = { subresource: 'status' };
  const where = { labelSelector: `modern=${c.id}` };
  const more = { hard: { memory: '2Gi' } };
  await seen(
    c,
    resourceQuotas,
    where,
    ({ object }) => object.status?.hard?.['memory'] === '2Gi',
    () => client.patch(resourceQuotas, c.at('quota'), { type: 'merge', body: { status: more } }, signal, options),
  );
  t.is((await client.get(resourceQuotas, c.at('quota'), signal, options)).status?.hard?.['memory'], '2Gi');
});
