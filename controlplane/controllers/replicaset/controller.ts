import { type KubeObject, keyOf } from '#lib/api/resource.ts';
import { pods as podResource } from '#lib/api/resources.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { ReplicaSetStatus } from '#lib/api/types/apps.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { indexes } from '../informers.ts';
import { claim } from '../shared/claim.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { isOfDyingNamespace } from '../shared/dying-namespace.ts';
import { Expectations } from '../shared/expectations.ts';
import { controllerOf, controllerReference } from '../shared/owners.ts';
import { generateNameFor, podFrom } from '../shared/pods.ts';
import { isSameStatus } from '../shared/same.ts';
import { slowStart } from '../shared/slow-start.ts';
import { watchOwned } from '../shared/watch-owned.ts';
import type { Flavour, OwnerFacts } from './flavour.ts';
import { planScale, planStatus, type StatusFacts } from './plan.ts';
import { ageRatios } from './rank.ts';

/** Keeps as many pods as each ReplicaSet (or ReplicationController) wants. */
export async function runReplicaSets<O extends KubeObject>(
  flavour: Flavour<O>,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { client, informers, events, clock, metrics } = context;
  const { resource } = flavour;
  const owners = informers.get(resource);
  const pods = informers.get(podResource);
  const expectations = new Expectations();
  const ageRatio = metrics.histogram(
    'replicaset_controller_sorting_deletion_age_ratio',
    'Age of ready pods that are deleted, as a multiple of the age of the youngest one.',
    [],
    [0.25, 0.5, 1, 2, 4, 8],
  );
  const queue = createQueue(flavour.name, context, reconcile, { workers: 8 });

  watchOwned({
    ownerResource: resource,
    owners,
    owned: pods,
    expectations,
    add: queue.add,
    selects: (owner, pod) => isSelectedBy(flavour.facts(owner)?.selector, pod.metadata.labels),
  });
  await runWhenSynced(queue, [owners, pods], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const owner = owners.get(key);
    const facts = owner && flavour.facts(owner);
    if (owner === undefined || facts === undefined) {
      expectations.forget(key);
      return undefined;
    }
    const maySync = expectations.areMet(key, clock.now());
    const { selector } = facts;
    const mine = await claim(
      { client, ownerResource: resource, owner, selector, resource: podResource, reader: pods },
      signal,
    );
    const isLeaving = owner.metadata.deletionTimestamp !== undefined;
    const result = maySync && !isLeaving ? await scale(owner, facts, mine, signal) : {};
    const againMs = await writeStatus(owner, facts, mine, result.failure, signal);
    if (result.error !== undefined) throw result.error;
    return againMs;
  }

  interface Result {
    readonly failure?: StatusFacts['failure'];
    readonly error?: unknown;
  }

  async function scale(owner: O, facts: OwnerFacts, mine: readonly Pod[], signal: AbortSignal): Promise<Result> {
    const plan = planScale(facts.replicas, mine, relatedTo(owner, mine));
    switch (plan.do) {
      case 'nothing':
        return {};
      case 'create':
        return await createPods(owner, facts, plan.count, signal);
      case 'delete':
        return await deletePods(owner, plan.pods, mine, signal);
    }
  }

  async function createPods(owner: O, { template }: OwnerFacts, count: number, signal: AbortSignal): Promise<Result> {
    const key = keyOf(owner);
    const { namespace, name } = owner.metadata;
    const draft = podFrom(template, controllerReference(resource, owner), { generateName: generateNameFor(name) });
    expectations.expect(key, count, [], clock.now());
    const { done, error } = await slowStart(count, async () => {
      const pod = await client.create(podResource, draft, signal, { at: { namespace, name: '' } });
      events.record(referenceTo(resource, owner), 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    });
    if (error === undefined) return {};
    expectations.created(key, count - done); // those will not come
    if (isOfDyingNamespace(error)) return {};
    const message = error instanceof Error ? error.message : String(error);
    events.record(referenceTo(resource, owner), 'Warning', 'FailedCreate', `Error creating: ${message}`);
    return { failure: { reason: 'FailedCreate', message }, error };
  }

  async function deletePods(
    owner: O,
    victims: readonly Pod[],
    mine: readonly Pod[],
    signal: AbortSignal,
  ): Promise<Result> {
    const key = keyOf(owner);
    for (const ratio of ageRatios(mine, victims, clock.now())) ageRatio.observe([], ratio);
    const uids = victims.map(({ metadata }) => metadata.uid!);
    expectations.expect(key, 0, uids, clock.now());
    const results = await Promise.allSettled(victims.map((pod) => deletePod(owner, pod, signal)));
    const failed = results.findIndex(({ status }) => status === 'rejected');
    if (failed === -1) return {};
    for (const [i, { status }] of results.entries()) if (status === 'rejected') expectations.deleted(key, uids[i]!);
    const { reason: error } = results[failed] as PromiseRejectedResult;
    const message = error instanceof Error ? error.message : String(error);
    events.record(referenceTo(resource, owner), 'Warning', 'FailedDelete', `Error deleting: ${message}`);
    return { failure: { reason: 'FailedDelete', message }, error };
  }

  async function deletePod(owner: O, pod: Pod, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    try {
      await client.delete(podResource, { namespace, name }, signal, { preconditions: { uid } });
    } catch (error) {
      if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
      expectations.deleted(keyOf(owner), uid!); // somebody else was faster
      return;
    }
    events.record(referenceTo(resource, owner), 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }

  /** Pods of all that has the same controller (the ReplicaSets of one Deployment). */
  function relatedTo(owner: O, mine: readonly Pod[]): readonly Pod[] {
    const controller = controllerOf(owner);
    if (controller === undefined) return mine;
    const siblings = owners.byIndex(indexes.controller, controller.uid);
    return siblings.flatMap(({ metadata }) => pods.byIndex(indexes.controller, metadata.uid!));
  }

  async function writeStatus(
    owner: O,
    facts: OwnerFacts,
    mine: readonly Pod[],
    failure: StatusFacts['failure'],
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { generation } = owner.metadata;
    const { status, againMs } = planStatus({ ...facts, generation, pods: mine, failure, nowMs: clock.now() });
    const wanted = flavour.withStatus(owner, status);
    if (!isSameStatus(statusOf(wanted), facts.status)) {
      await client.update(resource, wanted, signal, { subresource: 'status' }).catch((error) => {
        if (!hasReason(error, 'NotFound')) throw error;
      });
    }
    return againMs;
  }
}

function statusOf(object: KubeObject): ReplicaSetStatus | undefined {
  return (object as { status?: ReplicaSetStatus }).status;
}
