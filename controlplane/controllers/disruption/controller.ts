import { type KubeObject, keyOf } from '#lib/api/resource.ts';
import {
  deployments,
  pods as podResource,
  replicaSets,
  replicationControllers,
  podDisruptionBudgets as resource,
  statefulSets,
} from '#lib/api/resources.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { PodDisruptionBudget } from '#lib/api/types/policy.v1.ts';
import type { Informer } from '#lib/client/informer.ts';
import { indexes } from '../informers.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { controllerOf, refersTo } from '../shared/owners.ts';
import { isSameStatus } from '../shared/same.ts';
import { planBudget } from './plan.ts';

type Scaled = KubeObject & { readonly spec?: { readonly replicas?: number | undefined } | undefined };

/** Keeps in the status of each PodDisruptionBudget how many of its pods may go: the API server lets no more be evicted. */
export async function runDisruption(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, clock } = context;
  const budgets = informers.get(resource);
  const pods = informers.get(podResource);
  const scaled = [deployments, replicaSets, replicationControllers, statefulSets].map((kind) => ({
    kind,
    informer: informers.get<Scaled>(kind) as Informer<Scaled>,
  }));
  const queue = createQueue('disruption-controller', context, reconcile);

  budgets.onChange((_now, _before, key) => queue.add(key));
  pods.onChange((now, before) => {
    for (const budget of budgets.byIndex(indexes.namespace, (now ?? before)!.metadata.namespace ?? '')) {
      if ([now, before].some((pod) => pod !== undefined && selects(budget, pod))) queue.add(keyOf(budget));
    }
  });
  for (const { informer } of scaled) {
    informer.onChange((now, before) => {
      if (now?.spec?.replicas === before?.spec?.replicas) return;
      for (const budget of budgets.byIndex(indexes.namespace, (now ?? before)!.metadata.namespace ?? ''))
        queue.add(keyOf(budget));
    });
  }
  await runWhenSynced(queue, [budgets, pods, ...scaled.map(({ informer }) => informer)], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const budget = budgets.get(key);
    if (budget === undefined) return undefined;
    const own = pods.byIndex(indexes.namespace, budget.metadata.namespace ?? '').filter((pod) => selects(budget, pod));
    const { status, againMs } = planBudget({ budget, pods: own, wanted: wantedBy(own), nowMs: clock.now() });
    if (!isSameStatus(status, budget.status)) {
      await client.update(resource, { ...budget, status }, signal, { subresource: 'status' });
    }
    return againMs;
  }

  /** The sizes of all controllers of `own`, each counted once, of a ReplicaSet's Deployment rather than its own. */
  function wantedBy(own: readonly Pod[]): number {
    const sizes = new Map<string, number>();
    for (const pod of own) {
      const direct = ownerOf(pod);
      const owner = (direct && ownerOf(direct)) ?? direct;
      if (owner !== undefined) sizes.set(owner.metadata.uid ?? '', owner.spec?.replicas ?? 1);
    }
    return [...sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  function ownerOf(object: KubeObject): Scaled | undefined {
    const reference = controllerOf(object);
    const found = reference && scaled.find(({ kind }) => refersTo(reference, kind));
    const owner = found?.informer.get(`${object.metadata.namespace}/${reference?.name}`);
    return owner?.metadata.uid === reference?.uid ? owner : undefined;
  }
}

function selects({ spec }: PodDisruptionBudget, pod: Pod): boolean {
  return isSelectedBy(spec?.selector, pod.metadata.labels);
}
