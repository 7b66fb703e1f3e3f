import { keyOf } from '#lib/api/resource.ts';
import { pods as podResource, jobs as resource } from '#lib/api/resources.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { Job, JobStatus } from '#lib/api/types/batch.v1.ts';
import type { EnvVar, Pod } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { indexes } from '../informers.ts';
import { claim } from '../shared/claim.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { isOfDyingNamespace } from '../shared/dying-namespace.ts';
import { Expectations } from '../shared/expectations.ts';
import { controllerOf, controllerReference, refersTo } from '../shared/owners.ts';
import { generateNameFor, hasEnded, podFrom } from '../shared/pods.ts';
import { isSameStatus } from '../shared/same.ts';
import { slowStart } from '../shared/slow-start.ts';
import { watchOwned } from '../shared/watch-owned.ts';
import { parseIndexes } from './indexes.ts';
import { createJobMetrics, type SyncAction } from './metrics.ts';
import { isFinished, type JobPlan, type NewPod, planJob } from './plan.ts';
import { failureCountName, finalizer, hasFinalizer, ignoredCountName, indexName, isIndexed } from './pods.ts';

/** Runs each Job's pods until enough of them have succeeded. */
export async function runJobs(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, events, clock } = context;
  const metrics = createJobMetrics(context.metrics);
  const jobs = informers.get(resource);
  const pods = informers.get(podResource);
  const expectations = new Expectations();
  const queue = createQueue('job-controller', context, reconcile, { workers: 5 });
  watchOwned({
    ownerResource: resource,
    owners: jobs,
    owned: pods,
    expectations,
    add: queue.add,
    selects: (job, pod) => isSelectedBy(job.spec.selector, pod.metadata.labels),
  });
  // A pod whose Job is gone has nobody left who counts it: its finalizer must not keep it.
  const orphans = createQueue('job-controller-orphans', context, reconcileOrphan, { workers: 2 });
  pods.onChange((now, before, key) => {
    if (now !== undefined && hasFinalizer(now) && jobOf(now) === undefined) orphans.add(key);
    const [was, is] = [isEndedAndTracked(before), isEndedAndTracked(now)];
    if (was !== is) metrics.tracked(is ? 'add' : 'delete');
  });
  jobs.onChange((now, before) => {
    if (now !== undefined && before === undefined && !isOurs(now)) metrics.external(now.spec.managedBy!);
    if (now !== undefined || before === undefined) return;
    for (const pod of pods.byIndex(indexes.controller, before.metadata.uid!))
      if (hasFinalizer(pod)) orphans.add(keyOf(pod));
  });
  await Promise.all([runWhenSynced(queue, [jobs, pods], signal), runWhenSynced(orphans, [jobs, pods], signal)]);

  /** Undefined also where the Job of that name is another one. */
  function jobOf(pod: Pod): Job | undefined {
    const controller = controllerOf(pod);
    if (controller === undefined || !refersTo(controller, resource)) return undefined;
    const job = jobs.get(`${pod.metadata.namespace}/${controller.name}`);
    return job?.metadata.uid === controller.uid ? job : undefined;
  }

  async function reconcileOrphan(key: string, signal: AbortSignal): Promise<undefined> {
    const pod = pods.get(key);
    if (pod === undefined || !hasFinalizer(pod) || jobOf(pod) !== undefined) return;
    const controller = controllerOf(pod);
    if (controller !== undefined && refersTo(controller, resource)) {
      // The copy here may be late: only the server knows that there is no such Job.
      const at = { namespace: pod.metadata.namespace, name: controller.name };
      const job = await client.get(resource, at, signal).catch(unlessNotFound);
      if (job?.metadata.uid === controller.uid) return;
    }
    await release(pod, signal);
  }

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const job = jobs.get(key);
    if (job === undefined || !isOurs(job)) {
      expectations.forget(key);
      return undefined;
    }
    const { selector } = job.spec;
    const mine = await claim(
      { client, ownerResource: resource, owner: job, selector, resource: podResource, reader: pods },
      signal,
    );
    if (isFinished(job) || job.metadata.deletionTimestamp !== undefined) {
      await Promise.all(mine.filter(hasFinalizer).map((pod) => release(pod, signal)));
      return undefined;
    }
    const fromMs = clock.now();
    const mayManage = expectations.areMet(key, fromMs);
    const plan = planJob({ job, pods: mine, mayManage, nowMs: fromMs });
    let isGood = false;
    try {
      const againMs = await act(job, plan, mayManage, signal);
      isGood = true;
      return againMs;
    } finally {
      metrics.synced(job, actionOf(plan, mayManage), isGood, (clock.now() - fromMs) / 1000);
    }
  }

  async function act(job: Job, plan: JobPlan, mayManage: boolean, signal: AbortSignal): Promise<number | undefined> {
    const error = mayManage ? await managePods(job, plan, signal) : undefined;
    await writeStatus(job, plan.status, signal);
    count(job, plan);
    await Promise.all(plan.releasePods.map((pod) => release(pod, signal)));
    for (const event of plan.events) events.record(referenceTo(resource, job), event.type, event.reason, event.message);
    if (error !== undefined) throw error;
    return plan.againMs;
  }

  /** What the status says now, and did not before. */
  function count(job: Job, { status, indexes: ended, handled }: JobPlan): void {
    const since = (now: number | undefined, before: number | undefined) => Math.max(0, (now ?? 0) - (before ?? 0));
    const of = (text: string | undefined) => parseIndexes(text, Number.MAX_SAFE_INTEGER).size;
    metrics.podsEnded(job, since(status.succeeded, job.status.succeeded), since(status.failed, job.status.failed));
    const { completedIndexes, failedIndexes } = job.status;
    metrics.indexesEnded(job, since(ended.succeeded, of(completedIndexes)), since(ended.failed, of(failedIndexes)));
    for (const action of handled) metrics.handled(action);
    const end = status.conditions?.find(
      ({ type, status: is }) => ['Complete', 'Failed'].includes(type) && is === 'True',
    );
    if (end !== undefined) metrics.ended(job, end.type === 'Complete', end.reason ?? '');
  }

  async function managePods(job: Job, plan: JobPlan, signal: AbortSignal): Promise<unknown> {
    const key = keyOf(job);
    if (plan.deletePods.length > 0) {
      expectations.expect(
        key,
        0,
        plan.deletePods.map(({ metadata }) => metadata.uid!),
        clock.now(),
      );
      const results = await Promise.allSettled(plan.deletePods.map((pod) => deletePod(job, pod, plan.isOver, signal)));
      return results.find((result) => result.status === 'rejected')?.reason;
    }
    if (plan.createPods.length === 0) return undefined;
    expectations.expect(key, plan.createPods.length, [], clock.now());
    const { done, error } = await slowStart(plan.createPods.length, (i) => createPod(job, plan.createPods[i]!, signal));
    const hasFailed = (plan.status.failed ?? 0) + (plan.status.uncountedTerminatedPods?.failed ?? []).length > 0;
    const bad = error === undefined ? 0 : 1;
    metrics.podsCreated(job, hasFailed, (plan.status.terminating ?? 0) > 0, done, bad);
    if (error === undefined) return undefined;
    expectations.created(key, plan.createPods.length - done);
    if (isOfDyingNamespace(error)) return error;
    const message = `Error creating: ${error instanceof Error ? error.message : String(error)}`;
    events.record(referenceTo(resource, job), 'Warning', 'FailedCreate', message);
    return error;
  }

  async function createPod(job: Job, wanted: NewPod, signal: AbortSignal): Promise<void> {
    const { namespace } = job.metadata;
    const pod = await client.create(podResource, draftFor(job, wanted), signal, { at: { namespace, name: '' } });
    events.record(referenceTo(resource, job), 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
  }

  async function deletePod(job: Job, pod: Pod, isOver: boolean, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    try {
      if (!isOver) await release(pod, signal);
      await client.delete(podResource, { namespace, name }, signal, { preconditions: { uid } });
    } catch (error) {
      expectations.deleted(keyOf(job), uid!);
      if (hasReason(error, 'NotFound', 'Conflict')) return;
      const message = `Error deleting: ${(error as Error).message}`;
      events.record(referenceTo(resource, job), 'Warning', 'FailedDelete', message);
      throw error;
    }
    events.record(referenceTo(resource, job), 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }

  async function writeStatus(job: Job, status: JobStatus, signal: AbortSignal): Promise<void> {
    if (isSameStatus(status, job.status)) return;
    await client.update(resource, { ...job, status }, signal, { subresource: 'status' });
  }

  async function release(pod: Pod, signal: AbortSignal): Promise<void> {
    if (!hasFinalizer(pod)) return;
    const { namespace, name, uid } = pod.metadata;
    const body = { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [finalizer] } };
    await client.patch(podResource, { namespace, name }, { type: 'strategic', body }, signal).catch((error) => {
      if (!hasReason(error, 'NotFound', 'Conflict', 'Invalid')) throw error;
    });
  }
}
const controllerName = 'kubernetes.io/job-controller';

function isOurs({ spec }: Job): boolean {
  return (spec.managedBy ?? controllerName) === controllerName;
}

function isEndedAndTracked(pod: Pod | undefined): boolean {
  return pod !== undefined && hasEnded(pod) && hasFinalizer(pod);
}

function actionOf({ createPods, deletePods }: JobPlan, mayManage: boolean): SyncAction {
  if (!mayManage) return 'reconciling';
  if (deletePods.length > 0) return 'pods_deleted';
  return createPods.length > 0 ? 'pods_created' : 'tracking';
}

function unlessNotFound(error: unknown): undefined {
  if (!hasReason(error, 'NotFound')) throw error;
}

/** The pod for one place in the Job. */
export function draftFor(job: Job, { index, failures, ignored }: NewPod) {
  const { template } = job.spec;
  const prefix = index === undefined ? job.metadata.name : `${job.metadata.name}-${index}`;
  const draft = podFrom(template, controllerReference(resource, job), { generateName: generateNameFor(prefix) });
  const finalizers = [...new Set([...(draft.metadata.finalizers ?? []), finalizer])];
  if (!isIndexed(job) || index === undefined) return { ...draft, metadata: { ...draft.metadata, finalizers } };
  return {
    metadata: {
      ...draft.metadata,
      finalizers,
      labels: { ...draft.metadata.labels, [indexName]: String(index) },
      annotations: {
        ...draft.metadata.annotations,
        [indexName]: String(index),
        ...(failures === undefined ? {} : { [failureCountName]: String(failures) }),
        ...(ignored === undefined ? {} : { [ignoredCountName]: String(ignored) }),
      },
    },
    spec: {
      ...draft.spec,
      hostname: prefix,
      containers: (draft.spec.containers ?? []).map(withIndex),
      ...(draft.spec.initContainers === undefined ? {} : { initContainers: draft.spec.initContainers.map(withIndex) }),
    },
  };
}

function withIndex<C extends { readonly env?: readonly EnvVar[] | undefined }>(container: C): C {
  if (container.env?.some(({ name }) => name === 'JOB_COMPLETION_INDEX')) return container;
  const variable: EnvVar = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${indexName}']` } },
  };
  return { ...container, env: [...(container.env ?? []), variable] };
}
