import { keyOf } from '#lib/api/resource.ts';
import {
  controllerRevisions,
  persistentVolumeClaims,
  pods as podResource,
  statefulSets as resource,
} from '#lib/api/resources.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { StatefulSet } from '#lib/api/types/apps.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { claim } from '../shared/claim.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { Expectations } from '../shared/expectations.ts';
import { ensureRevision, type History, revisionLabel, surplusRevisions, templateOf } from '../shared/history.ts';
import { isSameStatus } from '../shared/same.ts';
import { watchOwned } from '../shared/watch-owned.ts';
import { claimDraft, claimName, podDraft } from './identity.ts';
import { planStatefulSet } from './plan.ts';

/** Keeps each StatefulSet's pods, one for each ordinal, with their claims. */
export async function runStatefulSets(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, events, clock } = context;
  const sets = informers.get(resource);
  const pods = informers.get(podResource);
  const revisions = informers.get(controllerRevisions);
  const claims = informers.get(persistentVolumeClaims);
  const expectations = new Expectations();
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
    for (const { ordinal, revision } of plan.create) {
      await create(set, ordinal, named(history, revision === 'current' ? current : update), signal);
    }
    await Promise.all(plan.delete.map((pod) => remove(set, pod, signal)));
    await forgetOld(set, history, mine, current, signal);
    return plan.againMs;
  }

  async function create(
    set: StatefulSet,
    ordinal: number,
    revision: History['update'],
    signal: AbortSignal,
  ): Promise<void> {
    const key = keyOf(set);
    for (const template of set.spec.volumeClaimTemplates ?? []) {
      if (claims.get(`${set.metadata.namespace}/${claimName(set, template, ordinal)}`) !== undefined) continue;
      await client.create(persistentVolumeClaims, claimDraft(set, template, ordinal), signal).catch(unlessThere);
    }
    const draft = podDraft(set, templateOf(revision), revision.metadata.name, ordinal);
    expectations.expect(key, 1, [], clock.now());
    try {
      await client.create(podResource, draft, signal);
    } catch (error) {
      expectations.created(key);
      if (hasReason(error, 'AlreadyExists')) return;
      tell(
        set,
        'Warning',
        'FailedCreate',
        `create Pod ${draft.metadata.name} in StatefulSet ${set.metadata.name} failed error: ${(error as Error).message}`,
      );
      throw error;
    }
    tell(
      set,
      'Normal',
      'SuccessfulCreate',
      `create Pod ${draft.metadata.name} in StatefulSet ${set.metadata.name} successful`,
    );
  }

  async function remove(set: StatefulSet, pod: Pod, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    try {
      await client.delete(podResource, { namespace, name }, signal, { preconditions: { uid } });
    } catch (error) {
      if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
      return;
    }
    tell(set, 'Normal', 'SuccessfulDelete', `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`);
  }

  async function forgetOld(
    set: StatefulSet,
    history: History,
    mine: readonly Pod[],
    current: string,
    signal: AbortSignal,
  ): Promise<void> {
    const used = new Set(mine.map(({ metadata }) => metadata.labels?.[revisionLabel]));
    const isUsed = ({ metadata }: History['update']) =>
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

function named(history: History, name: string): History['update'] {
  return history.all.find(({ metadata }) => metadata.name === name) ?? history.update;
}

function unlessThere(error: unknown): void {
  if (!hasReason(error, 'AlreadyExists')) throw error;
}
