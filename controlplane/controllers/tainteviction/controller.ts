import { isSame } from '#lib/api/kinds/equal.ts';
import { keyOf } from '#lib/api/resource.ts';
import { nodes as nodeResource, pods as podResource } from '#lib/api/resources.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { indexes } from '../informers.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { evictByDeletion } from '../shared/evict.ts';
import { stayMs } from './plan.ts';

/** Deletes pods from nodes with taints of effect NoExecute, as soon as their tolerations say. */
export async function runTaintEviction(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, events, clock, metrics } = context;
  const nodes = informers.get(nodeResource);
  const pods = informers.get(podResource);
  const sinceMs = new Map<string, number>(); // by uid: when a pod that is to go later was first seen to; bounded by the pods
  const deletions = metrics.counter('taint_eviction_controller_pod_deletions_total', 'Pods deleted for taints.', []);
  deletions.add([], 0); // seen from the start
  const lateness = metrics.histogram(
    'taint_eviction_controller_pod_deletion_duration_seconds',
    'How long after its time a pod was deleted.',
    [],
    [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 30, 60, 120, 180, 240],
  );
  const queue = createQueue('taint-eviction-controller', context, reconcile);

  nodes.onChange((now, before) => {
    const drives = (node: Node | undefined) =>
      (node?.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
    if (isSame(drives(now), drives(before))) return;
    for (const pod of pods.byIndex(indexes.node, (now ?? before)!.metadata.name)) queue.add(keyOf(pod));
  });
  pods.onChange((now, before, key) => {
    if (now === undefined) sinceMs.delete(before!.metadata.uid ?? '');
    else if (now.spec.nodeName && now.spec.nodeName !== before?.spec.nodeName) queue.add(key);
  });
  await runWhenSynced(queue, [nodes, pods], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const pod = pods.get(key);
    const node = pod && nodes.get(pod.spec.nodeName ?? '');
    if (pod === undefined || node === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined;
    const uid = pod.metadata.uid ?? '';
    const ms = stayMs(node.spec?.taints ?? [], pod.spec.tolerations ?? []);
    if (ms === undefined) {
      if (sinceMs.delete(uid)) tell(pod, `Cancelling deletion of Pod ${key}`);
      return undefined;
    }
    const since = sinceMs.get(uid) ?? clock.now();
    if (ms > 0) sinceMs.set(uid, since);
    const leftMs = since + ms - clock.now();
    if (leftMs > 0) return leftMs;
    tell(pod, `Marking for deletion Pod ${key}`);
    const says = { reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' };
    await evictByDeletion(client, pod, { says }, clock.now(), signal);
    deletions.add([]);
    lateness.observe([], (clock.now() - since - ms) / 1000);
    return undefined;
  }

  function tell(pod: Pod, message: string): void {
    events.record(referenceTo(podResource, pod), 'Normal', 'TaintManagerEviction', message);
  }
}
