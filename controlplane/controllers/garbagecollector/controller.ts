import { type KubeObject, splitKey } from '#lib/api/resource.ts';
import type { OwnerReference } from '#lib/api/types/meta.v1.ts';
import { hasReason } from '#lib/errors.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import type { Kinds } from '../shared/kinds.ts';
import { createGraph, type Item } from './graph.ts';
import { foreground, type OwnerState, orphan, planDependent } from './plan.ts';

/**
 * Deletes what depends on objects that are gone, or frees it; lets objects go that waited for that.
 * The informers say where to look; what is decided is decided on what the server says.
 */
export async function runGarbageCollector(
  kinds: Kinds,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { client, informers, log, metrics } = context;
  metrics
    .counter('garbagecollector_controller_resources_sync_error_total', 'Failures to take in kinds: they wait.', [])
    .add([], 0);
  const items = new Map<string, Item>(); // of the keys in the queue
  const queue = createQueue('generic-garbage-collector', context, reconcile, { workers: 20 });
  const graph = createGraph(kinds, informers, (now, before, item) => {
    if (now === undefined) {
      for (const { item: dependent } of graph.dependentsOf(before!.metadata.uid ?? '')) add(dependent);
      for (const owner of ownersOf(before!, item)) add(owner); // one of them may wait for this
      return;
    }
    const isNew = before === undefined || before.metadata.ownerReferences !== now.metadata.ownerReferences;
    if (now.metadata.deletionTimestamp !== undefined && hasOurFinalizer(now)) add(item);
    else if (isNew && mayBeOrphan(now)) add(item);
    // It may have stopped to block an owner that waits.
    for (const owner of ownersOf(now, item)) {
      const known = graph.get(owner);
      if (known !== undefined && isWaiting(known)) add(owner);
    }
  });
  await runWhenSynced(queue, [graph], signal);

  function add(item: Item): void {
    const key = `${item.kind.plural}.${item.kind.group}|${item.key}`;
    items.set(key, item);
    queue.add(key);
  }

  function ownersOf({ metadata }: KubeObject, { kind }: Item): readonly Item[] {
    const namespace = kind.isNamespaced ? metadata.namespace : undefined;
    return (metadata.ownerReferences ?? []).flatMap((reference) => graph.ownerOf(reference, namespace) ?? []);
  }

  /** An owner is not there, as far as known. While informers start, everything may be: they are asked once more then. */
  function mayBeOrphan({ metadata }: KubeObject): boolean {
    return (metadata.ownerReferences ?? []).some((reference) => {
      const owner = graph.ownerOf(reference, metadata.namespace);
      const known = owner && graph.get(owner);
      return known?.metadata.uid !== reference.uid || isWaiting(known);
    });
  }

  async function reconcile(key: string, signal: AbortSignal): Promise<undefined> {
    const item = items.get(key);
    if (item === undefined) return;
    items.delete(key); // first: what is added meanwhile must be found in the next run
    try {
      await look(item, signal);
    } catch (error) {
      items.set(key, item);
      throw error;
    }
  }

  async function look(item: Item, signal: AbortSignal): Promise<void> {
    const seen = graph.get(item);
    // Seen to be well: no need to ask the server.
    if (seen !== undefined && !hasOurFinalizer(seen) && !mayBeOrphan(seen)) return;
    const object = await live(item, signal);
    if (object === undefined) return;
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp === undefined) await tend(item, object, signal);
    else if (finalizers.includes(orphan)) await orphanDependents(item, object, signal);
    else if (finalizers.includes(foreground)) await awaitDependents(item, object, signal);
  }

  async function tend(item: Item, object: KubeObject, signal: AbortSignal): Promise<void> {
    const { ownerReferences = [], finalizers = [], uid, resourceVersion } = object.metadata;
    const owners = await Promise.all(
      ownerReferences.map(async (reference) => ({ reference, state: await stateOf(reference, object, signal) })),
    );
    const dependents = graph.dependentsOf(uid ?? '').map((dependent) => dependent.object);
    const plan = planDependent({
      owners,
      finalizers,
      hasDependents: dependents.length > 0,
      isInCircle: dependents.some(isWaiting),
    });
    switch (plan.do) {
      case 'keep':
        return;
      case 'forget':
        return await forgetOwners(item, object, plan.uids, signal);
      case 'unblock': {
        const unblocked = ownerReferences.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
        return await patchOwners(item, object, unblocked, signal); // its change brings it back here
      }
      case 'delete': {
        const { propagationPolicy } = plan;
        log.info('Deleted a dependent', { kind: item.kind.kind, key: item.key, propagationPolicy });
        // The version, too: who got a new owner meanwhile is not to be deleted.
        const options = { propagationPolicy, preconditions: { uid, resourceVersion } };
        await client.delete(item.kind, splitKey(item.key), signal, options).catch(unlessGone);
      }
    }
  }

  async function stateOf(
    reference: OwnerReference,
    { metadata }: KubeObject,
    signal: AbortSignal,
  ): Promise<OwnerState> {
    const owner = graph.ownerOf(reference, metadata.namespace);
    if (owner === undefined) return 'solid'; // nobody knows that kind: nothing is deleted for a guess
    const known = graph.get(owner);
    const found = known?.metadata.uid === reference.uid ? known : await live(owner, signal);
    if (found?.metadata.uid !== reference.uid) return 'absent';
    return isWaiting(found) ? 'waiting' : 'solid';
  }

  async function orphanDependents(item: Item, object: KubeObject, signal: AbortSignal): Promise<void> {
    const { uid } = object.metadata;
    for (const dependent of graph.dependentsOf(uid ?? '')) {
      await forgetOwners(dependent.item, dependent.object, [uid!], signal);
    }
    await removeFinalizer(item, object, orphan, signal);
  }

  /** In the foreground: dependents first, the owner when no blocking one is left. */
  async function awaitDependents(item: Item, owner: KubeObject, signal: AbortSignal): Promise<void> {
    const { uid } = owner.metadata;
    const dependents = graph.dependentsOf(uid ?? '');
    // Those that are going already come again by their own changes: asking for them here would never end in a circle.
    for (const { item: one, object } of dependents) if (object.metadata.deletionTimestamp === undefined) add(one);
    const isBlocking = ({ metadata }: KubeObject) =>
      metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion === true);
    if (!dependents.some((dependent) => isBlocking(dependent.object))) {
      await removeFinalizer(item, owner, foreground, signal);
    }
  }

  async function forgetOwners(
    item: Item,
    object: KubeObject,
    uids: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    // Only what is there is patched away: the server refuses to forget an owner that it does not know.
    const left = (object.metadata.ownerReferences ?? []).filter(({ uid }) => !uids.includes(uid));
    await patchOwners(item, object, left, signal);
  }

  async function patchOwners(
    { kind, key }: Item,
    { metadata }: KubeObject,
    ownerReferences: readonly OwnerReference[],
    signal: AbortSignal,
  ): Promise<void> {
    const body = { metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion, ownerReferences } };
    await client.patch(kind, splitKey(key), { type: 'merge', body }, signal).catch(unlessGone);
  }

  async function removeFinalizer(
    { kind, key }: Item,
    { metadata }: KubeObject,
    finalizer: string,
    signal: AbortSignal,
  ): Promise<void> {
    const finalizers = (metadata.finalizers ?? []).filter((one) => one !== finalizer);
    const body = { metadata: { resourceVersion: metadata.resourceVersion, finalizers } };
    await client.patch(kind, splitKey(key), { type: 'merge', body }, signal).catch(unlessGone);
  }

  async function live({ kind, key }: Item, signal: AbortSignal): Promise<KubeObject | undefined> {
    try {
      return await client.get(kind, splitKey(key), signal);
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

function isWaiting({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers?.includes(foreground) ?? false);
}

function hasOurFinalizer({ metadata }: KubeObject): boolean {
  const isGoing = metadata.deletionTimestamp !== undefined;
  return isGoing && (metadata.finalizers?.some((one) => one === foreground || one === orphan) ?? false);
}

function unlessGone(error: unknown): void {
  if (!hasReason(error, 'NotFound')) throw error;
}
