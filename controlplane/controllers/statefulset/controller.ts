import { keyOf } from '#lib/api/resource.ts';
import {
  controllerRevisions,
  persistentVolumeClaims,
  pods as podResource,
  statefulSets as resource,
} from '#lib/api/resources.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { ControllerRevision, StatefulSet } from '#lib/api/types/apps.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { claim } from '../shared/claim.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { Expectations } from '../shared/expectations.ts';
import { ensureRevision, type History, revisionLabel, surplusRevisions, templateOf } from '../shared/history.ts';
import { isSameStatus } from '../shared/same.ts';
import { slowStart } from '../shared/slow-start.ts';
import { watchOwned } from '../shared/watch-owned.ts';
import { createClaims } from './claims.ts';
import { ordinalOf, podDraft, podIndexLabel, podNameLabel } from './identity.ts';
import { addStatefulSetMetrics } from './metrics.ts';
import { planStatefulSet, type StatefulSetPlan } from './plan.ts';

/** Keeps each StatefulSet's pods, one for each ordinal, with their claims. */
export async function runStatefulSets(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, events, clock, metrics } = context;
  const sets = informers.get(resource);
  const pods = informers.get(podResource);
  const revisions = informers.get(controllerRevisions);
  const claims = informers.get(persistentVolumeClaims);
  const expectations = new Expectations();
  const keeper = createClaims({ client, claims, tell });
  addStatefulSetMetrics(metrics, () => sets.list());
  const queue = createQueue('statefulset-controller', context, reconcile, { workers: 5 });
  watchOwned({
    ownerResource: resource,
    owners: sets,
    owned: pods,
    expectations,
    add: queue.add,
    selects: (set, pod) => isSelectedBy(set.spec.selector, pod.metadata.labels),
  });
  await runWhenSynced(queue, [sets, pods, revisions, claims], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const set = sets.get(key);
    if (set === undefined) {
      expectations.forget(key);
      return undefined;
    }
    if (!expectations.areMet(key, clock.now())) return undefined;
    const { selector } = set.spec;
    const mine = await claim(
      { client, ownerResource: resource, owner: set, selector, resource: podResource, reader: pods },
      signal,
    );
    const { collisionCount } = set.status;
    const history = await ensureRevision({ client, resource, owner: set, reader: revisions, collisionCount }, signal);
    const update = history.update.metadata.name;
    const isKnown = history.all.some(({ metadata }) => metadata.name === set.status.currentRevision);
    const current = isKnown ? set.status.currentRevision! : update;
    const plan = planStatefulSet({
      set,
      pods: mine,
      current,
      update,
      collisionCount: history.collisionCount,
      nowMs: clock.now(),
    });
    if (!isSameStatus(plan.status, set.status)) {
      await client.update(resource, { ...set, status: plan.status }, signal, { subresource: 'status' });
    }
    const isLeaving = set.metadata.deletionTimestamp !== undefined;
    const revisionOf = (which: 'current' | 'update') => named(history, which === 'current' ? current : update);
    const againMs = isLeaving ? undefined : await act(set, plan, revisionOf, mine, signal);
    await forgetOld(set, history, mine, current, signal);
    return againMs ?? plan.againMs;
  }

  /** Returns when to look again for what could not be done yet. */
  async function act(
    set: StatefulSet,
    plan: StatefulSetPlan,
    revisionOf: (which: 'current' | 'update') => ControllerRevision,
    mine: readonly Pod[],
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const key = keyOf(set);
    for (const pod of mine) await tend(set, pod, signal); // first: those that go take claims with them
    const create = plan.create.filter(({ ordinal }) => !keeper.hasStale(set, ordinal));
    if (create.length + plan.delete.length > 0) {
      // All at once: a second expectation of the same key would be taken for the only one.
      const uids = plan.delete.map(({ metadata }) => metadata.uid!);
      expectations.expect(key, create.length, uids, clock.now());
    }
    const { done, error } = await slowStart(create.length, (i) => {
      const { ordinal, revision } = create[i]!;
      return createPod(set, ordinal, revisionOf(revision), signal);
    });
    if (error !== undefined) expectations.created(key, create.length - done);
    const results = await Promise.allSettled(plan.delete.map((pod) => remove(set, pod, signal)));
    const failed = error ?? results.find((result) => result.status === 'rejected')?.reason;
    if (failed !== undefined) throw failed;
    return create.length < plan.create.length ? staleMs : undefined;
  }

  /** What a pod that is there may lack: its labels, its claims, and who those go with. */
  async function tend(set: StatefulSet, pod: Pod, signal: AbortSignal): Promise<void> {
    const ordinal = ordinalOf(pod, set);
    if (ordinal === undefined) return;
    const { namespace, name, uid, labels = {}, deletionTimestamp } = pod.metadata;
    if (pod.status.phase === 'Pending' && deletionTimestamp === undefined) await keeper.make(set, ordinal, signal);
    await keeper.keep(set, pod, signal);
    if (labels[podNameLabel] === name || deletionTimestamp !== undefined) return;
    const body = { metadata: { uid, labels: { [podNameLabel]: name, [podIndexLabel]: String(ordinal) } } };
    await client.patch(podResource, { namespace, name }, { type: 'merge', body }, signal).then(
      () => tell(set, 'Normal', 'SuccessfulUpdate', done('update', name, set)),
      (error) => tellFailure(set, 'update', name, error),
    );
  }

  async function createPod(
    set: StatefulSet,
    ordinal: number,
    revision: ControllerRevision,
    signal: AbortSignal,
  ): Promise<void> {
    const draft = podDraft(set, templateOf(revision), revision.metadata.name, ordinal);
    const { name } = draft.metadata;
    try {
      await keeper.make(set, ordinal, signal);
      await client.create(podResource, draft, signal);
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) tellFailure(set, 'create', name, error);
      expectations.created(keyOf(set)); // what was there already has no echo
      return;
    }
    tell(set, 'Normal', 'SuccessfulCreate', done('create', name, set));
  }

  async function remove(set: StatefulSet, pod: Pod, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    try {
      await client.delete(podResource, { namespace, name }, signal, { preconditions: { uid } });
    } catch (error) {
      expectations.deleted(keyOf(set), uid!);
      if (!hasReason(error, 'NotFound', 'Conflict')) tellFailure(set, 'delete', name, error);
      return;
    }
    tell(set, 'Normal', 'SuccessfulDelete', done('delete', name, set));
  }

  /** @throws what it was told */
  function tellFailure(set: StatefulSet, verb: 'create' | 'update' | 'delete', name: string, error: unknown): never {
    const reason = `Failed${verb[0]!.toUpperCase()}${verb.slice(1)}`;
    const text = `${verb} Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${(error as Error).message}`;
    tell(set, 'Warning', reason, text);
    throw error;
  }

  async function forgetOld(
    set: StatefulSet,
    history: History,
    mine: readonly Pod[],
    current: string,
    signal: AbortSignal,
  ): Promise<void> {
    const used = new Set(mine.map(({ metadata }) => metadata.labels?.[revisionLabel]));
    const isUsed = ({ metadata }: ControllerRevision) =>
      metadata.name === current || metadata.name === history.update.metadata.name || used.has(metadata.name);
    for (const old of surplusRevisions(history.all, isUsed, set.spec.revisionHistoryLimit ?? 10)) {
      await client.delete(controllerRevisions, old.metadata, signal).catch((error) => {
        if (!hasReason(error, 'NotFound')) throw error;
      });
    }
  }

  function tell(set: StatefulSet, type: 'Normal' | 'Warning', reason: string, message: string): void {
    events.record(referenceTo(resource, set), type, reason, message);
  }
}

function named(history: History, name: string): ControllerRevision {
  return history.all.find(({ metadata }) => metadata.name === name) ?? history.update;
}

function done(verb: string, pod: string, set: StatefulSet): string {
  return `${verb} Pod ${pod} in StatefulSet ${set.metadata.name} successful`;
}

const staleMs = 1000;
