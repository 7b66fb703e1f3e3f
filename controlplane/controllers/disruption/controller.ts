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
import type { Scale } from '#lib/api/types/autoscaling.v1.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { OwnerReference } from '#lib/api/types/meta.v1.ts';
import type { PodDisruptionBudget } from '#lib/api/types/policy.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import type { Informer } from '#lib/client/informer.ts';
import { hasReason } from '#lib/errors.ts';
import { indexes } from '../informers.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import type { Kinds } from '../shared/kinds.ts';
import { controllerOf, refersTo } from '../shared/owners.ts';
import { isSameStatus } from '../shared/same.ts';
import { type BudgetFacts, type BudgetPlan, needsControllers, planBudget } from './plan.ts';
import { runStaleDisruptions } from './stale.ts';

type Scaled = KubeObject & { readonly spec?: { readonly replicas?: number | undefined } | undefined };

interface Counted {
  readonly own: readonly Pod[];
  /** Those that nobody controls. */
  readonly unmanaged: readonly Pod[];
  readonly wanted: BudgetFacts['wanted'];
}

/** Keeps in the status of each PodDisruptionBudget how many of its pods may go: the API server lets no more be evicted. */
export async function runDisruption(kinds: Kinds, context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, events, clock } = context;
  const budgets = informers.get(resource);
  const pods = informers.get(podResource);
  const scaled = [deployments, replicaSets, replicationControllers, statefulSets].map((kind) => ({
    kind,
    informer: informers.get<Scaled>(kind) as Informer<Scaled>,
  }));
  const queue = createQueue('disruption-controller', context, reconcile);

  budgets.onChange((_now, _before, key) => queue.add(key));
  pods.onChange((now, before) => {
    const all = budgets.byIndex(indexes.namespace, (now ?? before)!.metadata.namespace ?? '');
    for (const budget of all) {
      if ([now, before].some((pod) => pod !== undefined && selects(budget, pod))) queue.add(keyOf(budget));
    }
    const own = now === undefined ? [] : all.filter((budget) => selects(budget, now));
    if (own.length > 1) tellMany(now!, own[0]!);
  });
  for (const { informer } of scaled) {
    informer.onChange((now, before) => {
      if (now?.spec?.replicas === before?.spec?.replicas) return;
      for (const budget of budgets.byIndex(indexes.namespace, (now ?? before)!.metadata.namespace ?? ''))
        queue.add(keyOf(budget));
    });
  }
  kinds.onNew(() => {
    for (const budget of budgets.list()) queue.add(keyOf(budget)); // one of its pods may be owned by such
  });
  const informersNeeded = [budgets, pods, ...scaled.map(({ informer }) => informer), kinds];
  await Promise.all([runWhenSynced(queue, informersNeeded, signal), runStaleDisruptions(context, signal)]);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const budget = budgets.get(key);
    if (budget === undefined) return undefined;
    const own = pods.byIndex(indexes.namespace, budget.metadata.namespace ?? '').filter((pod) => selects(budget, pod));
    const counted = needsControllers(budget) ? await count(own, signal) : { own, unmanaged: [], wanted: 0 };
    const plan = planBudget({ budget, pods: own, wanted: counted.wanted, nowMs: clock.now() });
    tell(budget, counted, plan);
    if (!isSameStatus(plan.status, budget.status)) {
      await client.update(resource, { ...budget, status: plan.status }, signal, { subresource: 'status' });
    }
    return plan.failure === undefined ? plan.againMs : retryMs;
  }

  /** Nobody could evict it: the API refuses to ask several budgets. */
  function tellMany(pod: Pod, { metadata }: PodDisruptionBudget): void {
    const { namespace, name } = pod.metadata;
    const message = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${metadata.name}" arbitrarily.`;
    events.record(referenceTo(podResource, pod), 'Warning', 'MultiplePodDisruptionBudgets', message);
  }

  function tell(budget: PodDisruptionBudget, { own, unmanaged }: Counted, plan: BudgetPlan): void {
    const about = referenceTo(resource, budget);
    if (own.length === 0) events.record(about, 'Normal', 'NoPods', 'No matching pods found');
    if (plan.failure !== undefined) {
      const message = `Failed to calculate the number of expected pods: ${plan.failure}`;
      events.record(about, 'Warning', 'CalculateExpectedPodCountFailed', message);
    } else if (unmanaged.length > 0) {
      events.record(about, 'Warning', 'UnmanagedPods', unmanagedMessage(budget));
    }
    for (const pod of plan.notDeleted) {
      const message = `Pod was expected by PDB ${keyOf(budget)} to be deleted but it wasn't`;
      events.record(referenceTo(podResource, pod), 'Warning', 'NotDeleted', message);
    }
  }

  /** The sizes of all controllers of `own`, each counted once, of a ReplicaSet's Deployment rather than its own. */
  async function count(own: readonly Pod[], signal: AbortSignal): Promise<Counted> {
    const sizes = new Map<string, number>();
    const unmanaged = own.filter((pod) => controllerOf(pod) === undefined);
    for (const pod of own) {
      const reference = controllerOf(pod);
      if (reference === undefined || sizes.has(reference.uid)) continue;
      const found = await sizeOf(pod, reference, signal).catch((error) => ({ failure: (error as Error).message }));
      if (found === undefined) {
        return {
          own,
          unmanaged,
          wanted: { failure: `found no controllers for pod ${JSON.stringify(pod.metadata.name)}` },
        };
      }
      if ('failure' in found) return { own, unmanaged, wanted: found };
      sizes.set(found.uid, found.size);
    }
    return { own, unmanaged, wanted: [...sizes.values()].reduce((sum, size) => sum + size, 0) };
  }

  async function sizeOf(pod: Pod, reference: OwnerReference, signal: AbortSignal) {
    const isKnownKind = scaled.some(({ kind }) => refersTo(reference, kind));
    if (!isKnownKind) return await sizeByScale(pod, reference, signal);
    const direct = ownerOf(pod);
    const owner = (direct && ownerOf(direct)) ?? direct;
    return owner && { uid: owner.metadata.uid ?? '', size: owner.spec?.replicas ?? 1 };
  }

  /** Of whatever else has a size. */
  async function sizeByScale(pod: Pod, { apiVersion, kind, name, uid }: OwnerReference, signal: AbortSignal) {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    const served = kinds.find(group, kind);
    if (served === undefined)
      throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`);
    const at = { namespace: pod.metadata.namespace, name };
    const owner = await client.get(served, at, signal).catch(unlessNotFound);
    if (owner?.metadata.uid !== uid) return undefined;
    const scale = await client.get<unknown>(served, at, signal, { subresource: 'scale' }).catch(unlessNotFound);
    if (scale === undefined) {
      throw new Error(`${served.plural}${group === '' ? '' : `.${group}`} does not implement the scale subresource`);
    }
    return { uid, size: (scale as Scale).spec?.replicas ?? 0 };
  }

  function ownerOf(object: KubeObject): Scaled | undefined {
    const reference = controllerOf(object);
    const found = reference && scaled.find(({ kind }) => refersTo(reference, kind));
    const owner = found?.informer.get(`${object.metadata.namespace}/${reference?.name}`);
    return owner?.metadata.uid === reference?.uid ? owner : undefined;
  }
}

const retryMs = 60_000; // what else owns pods is not watched

/** As Go prints a selector. */
function unmanagedMessage({ spec }: PodDisruptionBudget): string {
  const labels = Object.entries(spec?.selector?.matchLabels ?? {}).toSorted();
  const expressions = (spec?.selector?.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  );
  const selector = `&LabelSelector{MatchLabels:map[string]string{${labels.map(([key, value]) => `${key}: ${value},`).join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
  return `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
}

function unlessNotFound(error: unknown): undefined {
  if (!hasReason(error, 'NotFound')) throw error;
}

function selects({ spec }: PodDisruptionBudget, pod: Pod): boolean {
  return isSelectedBy(spec?.selector, pod.metadata.labels);
}
