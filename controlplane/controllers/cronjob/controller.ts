import { jobs as jobResource, cronJobs as resource } from '#lib/api/resources.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import type { CronJob, Job } from '#lib/api/types/batch.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { indexes } from '../informers.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { isOfDyingNamespace } from '../shared/dying-namespace.ts';
import { controllerOf, controllerReference, refersTo } from '../shared/owners.ts';
import { isSameStatus } from '../shared/same.ts';
import { type CronJobPlan, endOf, planCronJob, referenceOf } from './plan.ts';
import { timeIn } from './zoned-time.ts';

/** Starts the Jobs of CronJobs when their time comes. */
export async function runCronJobs(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, events, clock, metrics } = context;
  const cronJobs = informers.get(resource);
  const jobs = informers.get(jobResource);
  const skew = metrics.histogram(
    'cronjob_controller_job_creation_skew_duration_seconds',
    'How long after its time a Job was made.',
    [],
    Array.from({ length: 10 }, (_, i) => 2 ** i),
  );
  const queue = createQueue('cronjob-controller', context, reconcile);

  cronJobs.onChange((_now, _before, key) => queue.add(key));
  jobs.onChange((now, before) => {
    const controller = controllerOf((now ?? before)!);
    if (controller !== undefined && refersTo(controller, resource)) {
      queue.add(`${(now ?? before)!.metadata.namespace}/${controller.name}`);
    }
  });
  await runWhenSynced(queue, [cronJobs, jobs], signal);

  async function reconcile(key: string, signal: AbortSignal): Promise<number | undefined> {
    const cronJob = cronJobs.get(key);
    if (cronJob === undefined) return undefined;
    const known = jobs.byIndex(indexes.controller, cronJob.metadata.uid ?? '');
    const own = [...known, ...(await activeButUnseen(cronJob, known, signal))];
    const plan = planCronJob({ cronJob: await latest(cronJob, own, signal), jobs: own, nowMs: clock.now() });
    const about = referenceTo(resource, cronJob);
    for (const { type, reason, message } of plan.events) events.record(about, type, reason, message);
    for (const job of plan.remove) await remove(cronJob, job, signal);
    await writeStatus(cronJob, plan, await start(cronJob, plan.start, signal), signal);
    return plan.againMs;
  }

  /** Jobs that the status names and that are not seen here: only the server knows whether they are gone. */
  async function activeButUnseen(cronJob: CronJob, own: readonly Job[], signal: AbortSignal): Promise<readonly Job[]> {
    const unseen = (cronJob.status?.active ?? []).filter(
      ({ uid }) => !own.some(({ metadata }) => metadata.uid === uid),
    );
    const found = unseen.map(async ({ namespace, name, uid }) => {
      const job = await client.get(jobResource, { namespace, name: name! }, signal).catch((error) => {
        if (hasReason(error, 'NotFound')) return undefined;
        const about = referenceTo(resource, cronJob);
        if (cronJob.spec?.concurrencyPolicy === 'Replace')
          events.record(about, 'Warning', 'FailedGet', `Get job: ${error.message}`);
        throw error;
      });
      return job?.metadata.uid === uid ? [job!] : [];
    });
    return (await Promise.all(found)).flat();
  }

  /** A Job that the status does not name may be one that it names by now. */
  async function latest(cronJob: CronJob, own: readonly Job[], signal: AbortSignal): Promise<CronJob> {
    const isNamed = ({ metadata }: Job) => cronJob.status?.active?.some(({ uid }) => uid === metadata.uid);
    if (own.every((job) => isNamed(job) || endOf(job) !== undefined)) return cronJob;
    const { namespace, name, uid } = cronJob.metadata;
    const fresh = await client.get(resource, { namespace, name }, signal);
    return fresh.metadata.uid === uid ? fresh : cronJob;
  }

  async function remove(cronJob: CronJob, { metadata }: Job, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = metadata;
    const options = { propagationPolicy: 'Background', preconditions: { uid } };
    try {
      await client.delete(jobResource, { namespace, name }, signal, options);
    } catch (error) {
      if (!hasReason(error, 'NotFound')) {
        const message = `Deleted job: ${(error as Error).message}`;
        events.record(referenceTo(resource, cronJob), 'Warning', 'FailedDelete', message);
        throw error;
      }
    }
    events.record(referenceTo(resource, cronJob), 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
  }

  /** Returns the Job that stands for the due time now, whoever made it. */
  async function start(cronJob: CronJob, due: CronJobPlan['start'], signal: AbortSignal): Promise<Job | undefined> {
    if (due === undefined) return undefined;
    const { namespace } = cronJob.metadata;
    const about = referenceTo(resource, cronJob);
    try {
      const job = await client.create(jobResource, jobFor(cronJob, due), signal);
      skew.observe([], (Date.parse(job.metadata.creationTimestamp ?? '') - due.scheduledMs) / 1000);
      events.record(about, 'Normal', 'SuccessfulCreate', `Created job ${due.name}`);
      return job;
    } catch (error) {
      // Made before a crash, or not seen yet.
      if (hasReason(error, 'AlreadyExists')) {
        const job = await client.get(jobResource, { namespace, name: due.name }, signal);
        return controllerOf(job)?.uid === cronJob.metadata.uid ? job : undefined;
      }
      if (!isOfDyingNamespace(error))
        events.record(about, 'Warning', 'FailedCreate', `Error creating job: ${(error as Error).message}`);
      throw error;
    }
  }

  async function writeStatus(
    cronJob: CronJob,
    { status: planned, start }: CronJobPlan,
    job: Job | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const isNew = job !== undefined && !planned.active?.some(({ uid }) => uid === job.metadata.uid);
    const status = {
      ...planned,
      ...(start === undefined ? {} : { lastScheduleTime: timestamp(start.scheduledMs) }),
      ...(isNew ? { active: [...(planned.active ?? []), referenceOf(job)] } : {}),
    };
    if (isSameStatus(status, cronJob.status)) return;
    await client.update(resource, { ...cronJob, status }, signal, { subresource: 'status' });
  }
}

function jobFor(cronJob: CronJob, { name, scheduledMs }: NonNullable<CronJobPlan['start']>) {
  const { timeZone, jobTemplate } = cronJob.spec!;
  const { metadata, spec } = jobTemplate!;
  return {
    metadata: {
      name,
      namespace: cronJob.metadata.namespace,
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: {
        ...metadata?.annotations,
        'batch.kubernetes.io/cronjob-scheduled-timestamp': timeIn(scheduledMs, timeZone),
      },
      ownerReferences: [controllerReference(resource, cronJob)],
    },
    spec,
  };
}
