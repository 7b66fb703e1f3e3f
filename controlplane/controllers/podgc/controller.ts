import { nodes as nodeResource, pods as podResource } from '#lib/api/resources.ts';
import { hasReason } from '#lib/errors.ts';
import type { ControllerContext } from '../shared/context.ts';
import { evictByDeletion } from '../shared/evict.ts';
import { planSweep } from './plan.ts';

/** Removes pods of nodes that are no more, pods that were never placed, and ended ones beyond a number. */
export async function runPodGc(
  { threshold }: { readonly threshold: number },
  { client, informers, clock, log, metrics }: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const nodes = informers.get(nodeResource);
  const pods = informers.get(podResource);
  const labels = ['namespace', 'reason'];
  const deletions = metrics.counter('pod_gc_collector_force_delete_pods_total', 'Pods that were swept.', labels);
  const failures = metrics.counter('pod_gc_collector_force_delete_pod_errors_total', 'Pods swept in vain.', labels);
  const missingSinceMs = new Map<string, number>(); // nodes named by pods but not there; bounded by those

  await Promise.all([nodes.synced, pods.synced]);
  while (!signal.aborted) {
    await sweep().catch((error) => {
      if (!signal.aborted) log.warn('Could not sweep pods', { err: error });
    });
    await clock.sleep(everyMs, signal).catch(() => {});
  }

  async function sweep(): Promise<void> {
    const gone = await missingNodes();
    const facts = {
      pods: [...pods.list()],
      hasNode: (name: string) => !gone.has(name),
      nodeOf: ({ spec }: { readonly spec: { readonly nodeName?: string | undefined } }) =>
        nodes.get(spec.nodeName ?? ''),
      threshold,
    };
    for (const { pod, message, reason } of planSweep(facts)) {
      log.info('Swept a pod', { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, why: message });
      const says = reason === 'orphaned' ? { says: { reason: 'DeletionByPodGC', message } } : {};
      const values = [pod.metadata.namespace ?? '', reason];
      deletions.add(values);
      await evictByDeletion(client, pod, { ...says, isOver: true }, clock.now(), signal).catch((error) => {
        failures.add(values);
        log.warn('Could not sweep a pod', { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, err: error });
      });
    }
  }

  /** Nodes that pods name and that have not been there for a while: the informer may be late, and a node may come back. */
  async function missingNodes(): Promise<ReadonlySet<string>> {
    const named = new Set([...pods.list()].flatMap(({ spec }) => (spec.nodeName ? [spec.nodeName] : [])));
    for (const name of missingSinceMs.keys()) if (!named.has(name) || nodes.get(name)) missingSinceMs.delete(name);
    const gone = new Set<string>();
    for (const name of named) {
      if (nodes.get(name) !== undefined) continue;
      const sinceMs = missingSinceMs.get(name) ?? clock.now();
      missingSinceMs.set(name, sinceMs);
      if (clock.now() - sinceMs >= quarantineMs && !(await exists(name))) gone.add(name);
    }
    return gone;
  }

  async function exists(name: string): Promise<boolean> {
    try {
      await client.get(nodeResource, { name }, signal);
      return true;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return false;
      throw error;
    }
  }
}
const everyMs = 20_000;
const quarantineMs = 40_000;
