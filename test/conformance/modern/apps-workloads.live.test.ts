// Deployments, ReplicaSets, StatefulSets, DaemonSets and ReplicationControllers: scale, status, collections.
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, Resource } from '#lib/api/resource.ts';
import {
  controllerRevisions,
  daemonSets,
  deployments,
  pods,
  replicaSets,
  replicationControllers,
  statefulSets,
} from '#lib/api/resources.ts';
import { eventually, testCluster } from '../../live/cluster.ts';
import { keepsConditions } from './support/conditions.ts';
import { isReady, shell, template } from './support/pods.ts';
import { scales } from './support/scale.ts';
import { type Case, spec } from './support/spec.ts';
import { seen } from './support/watch.ts';

/** A set of one replica, labelled so that nothing else matches. */
function wish(c: Case, name: string, replicas = 1) {
  const labels = { modern: c.id, set: name };
  const metadata = { name, labels: { modern: c.id } };
  return { metadata, spec: { replicas, selector: { matchLabels: labels }, template: template(labels) } };
}

const stateful = (c: Case, name: string) => {
  const draft = wish(c, name);
  return { ...draft, spec: { ...draft.spec, serviceName: 'none' } };
};

const daemon = (c: Case, name: string) => {
  const { metadata, spec } = wish(c, name);
  const { replicas: _, ...rest } = spec;
  return { metadata, spec: rest };
};

/** Lists by label, patches nothing else, deletes all of them at once. */
async function deletesCollection<T extends KubeObject>(c: Case, resource: Resource<T>, count: number): Promise<void> {
  const where = { namespace: c.namespace, labelSelector: `modern=${c.id}` };
  c.t.is((await c.client.list(resource, where, c.signal)).items.length, count);
  await c.client.deleteCollection(resource, where, c.signal);
  await eventually('an empty list', async () => (await c.client.list(resource, where, c.signal)).items.length === 0);
}

spec('[sig-apps] Deployment Deployment should have a working scale subresource [Conformance]', async (c) => {
  await c.create(deployments, wish(c, 'scaled'));
  await c.when(deployments, 'scaled', 'one replica', ({ status }) => status?.readyReplicas === 1);
  await scales(c, deployments, 'scaled');
  await c.when(deployments, 'scaled', 'four replicas', ({ status }) => status?.readyReplicas === 4);
});

spec('[sig-apps] ReplicaSet Replicaset should have a working scale subresource [Conformance]', async (c) => {
  await c.create(replicaSets, wish(c, 'scaled'));
  await c.when(replicaSets, 'scaled', 'one replica', ({ status }) => status?.readyReplicas === 1);
  await scales(c, replicaSets, 'scaled');
  await c.when(replicaSets, 'scaled', 'four replicas', ({ status }) => status?.readyReplicas === 4);
});

spec(
  '[sig-apps] ReplicationController should get and update a ReplicationController scale [Conformance]',
  async (c) => {
    const labels = { modern: c.id };
    const draft = {
      metadata: { name: 'rc', labels },
      spec: { replicas: 1, selector: labels, template: template(labels) },
    };
    await c.create(replicationControllers, draft);
    await c.when(replicationControllers, 'rc', 'one replica', ({ status }) => status?.readyReplicas === 1);
    await scales(c, replicationControllers, 'rc');
    await c.when(replicationControllers, 'rc', 'four replicas', ({ status }) => status?.replicas === 4);
  },
);

spec('[sig-apps] Deployment should validate Deployment Status endpoints [Conformance]', async (c) => {
  await c.create(deployments, wish(c, 'told'));
  await c.when(deployments, 'told', 'one replica', ({ status }) => status?.availableReplicas === 1);
  await keepsConditions(c, deployments, 'told', { selector: `modern=${c.id}` });
});

spec('[sig-apps] ReplicaSet should validate Replicaset Status endpoints [Conformance]', async (c) => {
  await c.create(replicaSets, wish(c, 'told'));
  await c.when(replicaSets, 'told', 'one replica', ({ status }) => status?.availableReplicas === 1);
  await keepsConditions(c, replicaSets, 'told', { selector: `modern=${c.id}` });
});

spec(
  '[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should validate Statefulset Status endpoints [Conformance]',
  async (c) => {
    await c.create(statefulSets, stateful(c, 'told'));
    await c.when(statefulSets, 'told', 'one replica', ({ status }) => status?.readyReplicas === 1);
    await keepsConditions(c, statefulSets, 'told', { selector: `modern=${c.id}` });
  },
);

spec('[sig-apps] Daemon set should verify changes to a daemon set status [Conformance] [Serial]', async (c) => {
  await c.create(daemonSets, daemon(c, 'told'));
  await c.when(daemonSets, 'told', 'a pod on each node', runsEverywhere);
  await keepsConditions(c, daemonSets, 'told', { selector: `modern=${c.id}` });
});

spec(
  '[sig-apps] Daemon set should update pod when spec was updated and update strategy is RollingUpdate [Conformance] [Serial]',
  async (c) => {
    const { t, client, signal } = c;
    const { metadata, spec } = daemon(c, 'rolled');
    await c.create(daemonSets, { metadata, spec: { ...spec, updateStrategy: { type: 'RollingUpdate' } } });
    await c.when(daemonSets, 'rolled', 'a pod on each node', runsEverywhere);
    const old = await ofRevision(c, 1);
    const body = {
      spec: { template: { spec: { containers: [shell('trap exit TERM; while :; do sleep 0.2; done')] } } },
    };
    const { metadata: next } = await client.patch(daemonSets, c.at('rolled'), { type: 'strategic', body }, signal);
    let mostWithout = 0;
    await c.when(daemonSets, 'rolled', 'the change seen', ({ status }) => {
      return status?.observedGeneration === next.generation;
    });
    await eventually(
      'its new pods',
      async () => {
        mostWithout = Math.max(mostWithout, await nodesWithout(c));
        const set = await client.get(daemonSets, c.at('rolled'), signal);
        return set.status?.updatedNumberScheduled === set.status?.desiredNumberScheduled && runsEverywhere(set);
      },
      120_000,
    );
    t.true(mostWithout <= 1, 'one node after the other');
    const now = await ofRevision(c, 2);
    t.deepEqual(
      now.filter((uid) => old.includes(uid)),
      [],
    );
  },
);

/** How many nodes have no ready pod of the spec's. */
async function nodesWithout(c: Case): Promise<number> {
  const { items } = await c.client.list(pods, { namespace: c.namespace, labelSelector: `modern=${c.id}` }, c.signal);
  const served = new Set(items.filter(isReady).map(({ spec }) => spec.nodeName));
  return testCluster().layout.nodes.filter(({ name }) => !served.has(name)).length;
}

/** Uids of the DaemonSet's pods, once all of them are of its newest revision, number `revision`. */
async function ofRevision(c: Case, revision: number): Promise<readonly (string | undefined)[]> {
  const where = { namespace: c.namespace, labelSelector: `modern=${c.id}` };
  return eventually(`pods of revision ${revision} alone`, async () => {
    const history = (await c.client.list(controllerRevisions, where, c.signal)).items;
    const newest = history.find((one) => one.revision === Math.max(...history.map((each) => each.revision)));
    const { items } = await c.client.list(pods, where, c.signal);
    const hash = newest?.metadata.labels?.['controller-revision-hash'];
    const areAll = items.every(({ metadata }) => metadata.labels?.['controller-revision-hash'] === hash);
    return newest?.revision === revision && hash !== undefined && areAll && items.map(({ metadata }) => metadata.uid);
  });
}

const runsEverywhere = ({ status }: (typeof daemonSets)['~type'] & {}) =>
  (status?.desiredNumberScheduled ?? 0) >= 2 && status?.numberReady === status?.desiredNumberScheduled;

spec('[sig-apps] Daemon set should list and delete a collection of DaemonSets [Conformance] [Serial]', async (c) => {
  await c.create(daemonSets, daemon(c, 'one'));
  await c.when(daemonSets, 'one', 'a pod on each node', runsEverywhere);
  await deletesCollection(c, daemonSets, 1);
});

spec('[sig-apps] ReplicaSet should list and delete a collection of ReplicaSets [Conformance]', async (c) => {
  await c.create(replicaSets, wish(c, 'many', 3));
  await c.when(replicaSets, 'many', 'three replicas', ({ status }) => status?.readyReplicas === 3);
  await deletesCollection(c, replicaSets, 1);
  await eventually('its pods to go', async () => (await podsOf(c)).length === 0, 60_000);
});

spec(
  '[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should list, patch and delete a collection of StatefulSets [Conformance]',
  async (c) => {
    await c.create(statefulSets, stateful(c, 'one'));
    await c.when(statefulSets, 'one', 'one replica', ({ status }) => status?.readyReplicas === 1);
    const body = {
      metadata: { labels: { patched: 'true' } },
      spec: { replicas: 2, template: { spec: { terminationGracePeriodSeconds: 0 } } },
    };
    await c.client.patch(statefulSets, c.at('one'), { type: 'strategic', body }, c.signal);
    const patched = await c.when(statefulSets, 'one', 'two replicas', ({ metadata, status }) => {
      return (
        status?.observedGeneration === metadata.generation &&
        status?.updatedReplicas === 2 &&
        status.readyReplicas === 2
      );
    });
    c.t.is(patched.metadata.labels?.['patched'], 'true');
    c.t.is(patched.spec?.template.spec?.terminationGracePeriodSeconds, 0);
    await deletesCollection(c, statefulSets, 1);
  },
);

async function podsOf(c: Case) {
  return (await c.client.list(pods, { namespace: c.namespace }, c.signal)).items;
}

spec('[sig-apps] ReplicaSet Replace and Patch tests [Conformance]', async (c) => {
  await c.create(replicaSets, wish(c, 'set'));
  await c.when(replicaSets, 'set', 'one replica', ({ status }) => status?.readyReplicas === 1);
  await eventually('an update', async () => {
    const now = await c.client.get(replicaSets, c.at('set'), c.signal);
    return c.client.update(replicaSets, { ...now, spec: { ...now.spec!, replicas: 2 } }, c.signal);
  });
  await c.when(replicaSets, 'set', 'two replicas', ({ status }) => status?.readyReplicas === 2);
  const body = {
    metadata: { labels: { 'test-rs': 'patched' } },
    spec: { replicas: 3, template: { spec: { terminationGracePeriodSeconds: 0 } } },
  };
  const event = await seen(
    c,
    replicaSets,
    {},
    ({ type, object }) => type === 'MODIFIED' && object.metadata.labels?.['test-rs'] === 'patched',
    () => c.client.patch(replicaSets, c.at('set'), { type: 'strategic', body }, c.signal),
  );
  c.t.is(event.object.spec?.template?.spec?.terminationGracePeriodSeconds, 0);
  await c.when(replicaSets, 'set', 'three replicas', ({ status }) => status?.readyReplicas === 3);
});

spec(
  '[sig-apps] ControllerRevision should manage the lifecycle of a ControllerRevision [Conformance] [Serial]',
  async (c) => {
    const { t, client, signal } = c;
    await c.create(daemonSets, daemon(c, 'set'));
    await c.when(daemonSets, 'set', 'a pod on each node', runsEverywhere);
    const where = { namespace: c.namespace, labelSelector: `modern=${c.id}` };
    const list = async () => (await client.list(controllerRevisions, where, signal)).items;
    const [first, ...none] = await list();
    t.deepEqual(none, []);
    const name = first!.metadata.name;
    const read = await client.get(controllerRevisions, c.at(name), signal);
    t.is(read.metadata.ownerReferences?.[0]?.name, 'set');

    const body = { metadata: { labels: { [name]: 'patched' } } };
    const patched = await client.patch(controllerRevisions, c.at(name), { type: 'strategic', body }, signal);
    t.is(patched.metadata.labels?.[name], 'patched');

    const { ownerReferences, labels } = read.metadata;
    const copy = { metadata: { name: 'copy', labels, ownerReferences }, data: read.data, revision: read.revision + 1 };
    const made = await c.create(controllerRevisions, copy as never);
    t.true(isDeepStrictEqual((made as typeof read).data, read.data));
    t.is((await list()).length, 2);
    await client.delete(controllerRevisions, c.at(name), signal);
    await eventually('one revision, or one anew', async () =>
      (await list()).every((is) => is.metadata.uid !== read.metadata.uid),
    );

    const updated = await eventually('an update', async () => {
      const now = await client.get(controllerRevisions, c.at('copy'), signal);
      const metadata = { ...now.metadata, labels: { ...now.metadata.labels, copy: 'updated' } };
      return client.update(controllerRevisions, { ...now, metadata }, signal);
    });
    t.is(updated.metadata.labels?.['copy'], 'updated');

    const next = {
      spec: { template: { spec: { terminationGracePeriodSeconds: 2 } }, updateStrategy: { type: 'RollingUpdate' } },
    };
    await client.patch(daemonSets, c.at('set'), { type: 'strategic', body: next }, signal);
    await eventually('a revision of the patched set', async () =>
      (await list()).some((is) => is.revision > read.revision + 1),
    );
    await client.deleteCollection(controllerRevisions, { ...where, labelSelector: 'copy=updated' }, signal);
    await eventually('the copy to go', async () => (await list()).every((is) => is.metadata.name !== 'copy'));
  },
);
