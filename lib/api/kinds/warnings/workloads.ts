// What of the kinds that make pods is accepted but likely not meant. Rule: their strategies' WarningsOnCreate and
// WarningsOnUpdate: an update is looked at if it makes a new generation.
import { at, child, type Path } from '../../field-errors.ts';
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../types/apps.v1.ts';
import type { CronJob, Job, JobSpec } from '../../types/batch.v1.ts';
import type { PodTemplate, ReplicationController } from '../../types/core.v1.ts';
import type { ObjectMeta } from '../../types/meta.v1.ts';
import { claimSpecWarnings } from './amounts.ts';
import { templateWarnings, workloadNameWarnings } from './pod.ts';

type Named = ReplicaSet | ReplicationController | Deployment;

export function replicaWarnings(object: Named, previous?: Named): string[] {
  if (!isNews(object, previous)) return [];
  const name = previous === undefined ? workloadNameWarnings(object.metadata) : [];
  return [...name, ...templateWarnings(object.spec?.template, 'spec.template')];
}

export function daemonSetWarnings(object: DaemonSet, previous?: DaemonSet): string[] {
  return isNews(object, previous) ? templateWarnings(object.spec?.template, 'spec.template') : [];
}

export function podTemplateWarnings(object: PodTemplate, previous?: PodTemplate): string[] {
  return isNews(object, previous) ? templateWarnings(object.template, 'template') : [];
}

export function statefulSetWarnings(object: StatefulSet, previous?: StatefulSet): string[] {
  if (!isNews(object, previous)) return [];
  const { template, volumeClaimTemplates, revisionHistoryLimit } = object.spec ?? {};
  const warnings = templateWarnings(template, 'spec.template');
  for (const [index, { spec }] of (volumeClaimTemplates ?? []).entries()) {
    warnings.push(...claimSpecWarnings(spec, at('spec.volumeClaimTemplates', index)));
  }
  if ((revisionHistoryLimit ?? 0) < 0) {
    const why = 'a negative value retains all historical revisions; a value >= 0 is recommended';
    warnings.push(`spec.revisionHistoryLimit: ${why}`);
  }
  return warnings;
}

export function jobWarnings(object: Job, previous?: Job): string[] {
  if (!isNews(object, previous)) return [];
  const name = previous === undefined ? workloadNameWarnings(object.metadata) : [];
  return [...name, ...jobSpecWarnings(object.spec, 'spec')];
}

export function cronJobWarnings(object: CronJob, previous?: CronJob): string[] {
  const warnings = previous === undefined ? workloadNameWarnings(object.metadata) : [];
  if (isNews(object, previous)) {
    warnings.push(...jobSpecWarnings(object.spec?.jobTemplate?.spec, 'spec.jobTemplate.spec'));
  }
  if (object.spec?.schedule?.includes('TZ')) {
    const where = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/';
    warnings.push(
      `CRON_TZ or TZ used in spec.spec.schedule is not officially supported, see ${where} for more details`,
    );
  }
  return warnings;
}

function jobSpecWarnings(spec: JobSpec | undefined, path: Path): string[] {
  const warnings: string[] = [];
  const isMany = (spec?.completions ?? 0) > 100_000 && (spec?.parallelism ?? 0) > 10_000;
  if (spec?.completionMode === 'Indexed' && isMany) {
    const why =
      'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';
    warnings.push(`${path}: ${why}`);
  }
  return [...warnings, ...templateWarnings(spec?.template, child(path, 'template'))];
}

function isNews(object: WithMeta, previous: WithMeta | undefined): boolean {
  return previous === undefined || object.metadata.generation !== previous.metadata.generation;
}

interface WithMeta {
  readonly metadata: Pick<ObjectMeta, 'generation'>;
}
