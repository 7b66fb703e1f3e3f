import { isSame } from '#lib/api/kinds/equal.ts';
import { keyOf } from '#lib/api/resource.ts';
import {
  controllerRevisions,
  nodes as nodeResource,
  pods as podResource,
  daemonSets as resource,
} from '#lib/api/resources.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { DaemonSet } from '#lib/api/types/apps.v1.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { claim } from '../shared/claim.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { isOfDyingNamespace } from '../shared/dying-namespace.ts';
import { Expectations } from '../shared/expectations.ts';
import { ensureRevision, revisionLabel, surplusRevisions } from '../shared/history.ts';
import { controllerReference } from '../shared/owners.ts';
import { generateNameFor, podFrom } from '../shared/pods.ts';
import { isSameStatus } from '../shared/same.ts';
import { slowStart } from '../shared/slow-start.ts';
import { watchOwned } from '../shared/watch-owned.ts';
import { createFailures } from './failures.ts';
import { nodeOf, planDaemonSet, tolerationsFor } from './plan.ts';

/** Keeps one pod of each DaemonSet on every node that is meant for it. */
export async function runDaemonSets(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, events, clock } = context;
  const sets = informers.get(resource);
  const pods = informers.get(podResource);
  const nodes = informers.get(nodeResource);
  const revisions = informers.get(controllerRevisions);
  const expectations = new Expectations();
  const failures = createFailures();
  const queue = createQueue('daemonset-controller', context, reconcile, { workers: 2 });
  watchOwned({
    ownerResource: resource,
    owners: sets,
    owned: pods,
    expectations,
    add: queue.add,
    selects: (set, pod) => isSelectedBy(set.spec.selector, pod.metadata.labels),
  });
  nodes.onChange((now, before) => {
    if (now === undefined || before === undefined || !isAlike(now, before))
      for (const set of sets.list()) queue.add(keyOf(set));
  });
  await runWhenSynced(queue, [sets, pods, nodes, revisions], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const set = sets.get(key);
    if (set === undefined) {
      expectations.forget(key);
      failures.forget(key);
      return undefined;
    }
    if (set.metadata.deletionTimestamp !== undefined || !expectations.areMet(key, clock.now())) return undefined;
    const { selector } = set.spec;
    if (!selector.matchLabels && !selector.matchExpressions) {
      const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
      events.record(referenceTo(resource, set), 'Warning', 'SelectingAll', message);
      return undefined;
    }
    const mine = await claim(
      { client, ownerResource: resource, owner: set, selector, resource: podResource, reader: pods },
      signal,
    );
    const { collisionCount } = set.status;
    const history = await ensureRevision({ client, resource, owner: set, reader: revisions, collisionCount }, signal);
    const hash = history.update.metadata.labels?.[revisionLabel] ?? '';
    const plan = planDaemonSet({
      set,
      nodes: [...nodes.list()],
      pods: mine,
      hash,
      collisionCount: history.collisionCount,
      retryInMs: (node) => failures.leftMs(key, `${set.status.observedGeneration} ${node}`, clock.now()),
      nowMs: clock.now(),
    });
    for (const pod of plan.ended) {
      tellEnded(set, pod);
      if (pod.status.phase !== 'Failed') continue;
      failures.note(key, `${set.status.observedGeneration} ${nodeOf(pod)}`, clock.now());
    }
    if (!isSameStatus(plan.status, set.status)) {
      await client.update(resource, { ...set, status: plan.status }, signal, { subresource: 'status' });
    }
    await act(set, plan.create, plan.delete, hash, signal);
    const used = new Set(mine.map(({ metadata }) => metadata.labels?.[revisionLabel]));
    const isUsed = ({ metadata }: typeof history.update) =>
      metadata.name === history.update.metadata.name || used.has(metadata.labels?.[revisionLabel]);
    for (const old of surplusRevisions(history.all, isUsed, set.spec.revisionHistoryLimit ?? 10)) {
      await client.delete(controllerRevisions, old.metadata, signal).catch(unlessGone);
    }
    return plan.againMs;
  }

  function tellEnded(set: DaemonSet, { metadata, spec, status }: Pod): void {
    const pod = `${metadata.namespace}/${metadata.name} on node ${spec.nodeName}`;
    const about = referenceTo(resource, set);
    if (status.phase === 'Failed') {
      events.record(about, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${pod}, will try to kill it`);
    } else {
      events.record(about, 'Normal', 'SucceededDaemonPod', `Found succeeded daemon pod ${pod}, will try to delete it`);
    }
  }

  async function act(
    set: DaemonSet,
    create: readonly string[],
    remove: readonly Pod[],
    hash: string,
    signal: AbortSignal,
  ): Promise<void> {
    const key = keyOf(set);
    if (create.length + remove.length === 0) return;
    expectations.expect(
      key,
      create.length,
      remove.map(({ metadata }) => metadata.uid!),
      clock.now(),
    );
    await Promise.all(remove.map((pod) => deletePod(set, pod, signal)));
    const { done, error } = await slowStart(create.length, (i) => createPod(set, create[i]!, hash, signal));
    if (error === undefined) return;
    expectations.created(key, create.length - done);
    if (isOfDyingNamespace(error)) return;
    events.record(referenceTo(resource, set), 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`);
    throw error;
  }

  async function createPod(set: DaemonSet, node: string, hash: string, signal: AbortSignal): Promise<void> {
    const { namespace } = set.metadata;
    const pod = await client.create(podResource, draftFor(set, node, hash), signal, { at: { namespace, name: '' } });
    events.record(referenceTo(resource, set), 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
  }

  async function deletePod(set: DaemonSet, pod: Pod, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    try {
      await client.delete(podResource, { namespace, name }, signal, { preconditions: { uid } });
    } catch (error) {
      expectations.deleted(keyOf(set), uid!);
      if (hasReason(error, 'NotFound', 'Conflict')) return;
      const message = `Error deleting: ${(error as Error).message}`;
      events.record(referenceTo(resource, set), 'Warning', 'FailedDelete', message);
      throw error;
    }
    events.record(referenceTo(resource, set), 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }
}

function unlessGone(error: unknown): void {
  if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
}

/** Whether nothing changed that decides who may run there: heartbeats do not count. */
function isAlike(a: Node, b: Node): boolean {
  return isSame(a.metadata.labels, b.metadata.labels) && isSame(a.spec, b.spec);
}

/** A pod that the scheduler can only give to `node`. */
function draftFor(set: DaemonSet, node: string, hash: string) {
  const draft = podFrom(set.spec.template, controllerReference(resource, set), {
    generateName: generateNameFor(set.metadata.name),
  });
  const affinity = draft.spec.affinity;
  const matchFields = [{ key: 'metadata.name', operator: 'In' as const, values: [node] }];
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = required?.nodeSelectorTerms ?? [];
  return {
    metadata: { ...draft.metadata, labels: { ...draft.metadata.labels, [revisionLabel]: hash } },
    spec: {
      ...draft.spec,
      tolerations: tolerationsFor(set),
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: terms.length === 0 ? [{ matchFields }] : terms.map((term) => ({ ...term, matchFields })),
          },
        },
      },
    },
  };
}
