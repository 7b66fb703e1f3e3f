// What must hold at any time, and what must hold in the end. Looks at what the API shows, and at nothing else.
import { isSame } from '#lib/api/kinds/equal.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { Deployment, ReplicaSet, StatefulSet } from '#lib/api/types/apps.v1.ts';
import type { Job } from '#lib/api/types/batch.v1.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';

export interface Seen {
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  readonly deployments: readonly Deployment[];
  readonly replicaSets: readonly ReplicaSet[];
  readonly statefulSets: readonly StatefulSet[];
  readonly jobs: readonly Job[];
}

export function isLive({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === undefined && status.phase !== 'Succeeded' && status.phase !== 'Failed';
}

const indexOf = ({ metadata }: Pod) => metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? '';
const appOf = ({ metadata }: Pod) => metadata.labels?.['app'] ?? '';

/** The most pods that a Deployment or StatefulSet may have: one fourth more while it rolls. */
export function mostPods(workload: Deployment | StatefulSet, isDeployment: boolean): number {
  const replicas = workload.spec?.replicas ?? 1;
  return isDeployment ? replicas + Math.ceil(replicas / 4) : replicas;
}

/** Indexes of Jobs that run twice, or ran to their end twice. */
export function doubleRuns(pods: readonly Pod[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    if (indexOf(pod) === '' || !(isLive(pod) || pod.status.phase === 'Succeeded')) continue;
    const key = `${appOf(pod)} index ${indexOf(pod)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > 1).map(([key, count]) => `${key} runs ${count} times`);
}

/** What is not yet, or not any more, as it was asked for. */
export function notConverged(seen: Seen, completions: number): readonly string[] {
  return [
    ...seen.deployments.flatMap((one) => wrongCount(one, seen.pods, 'Deployment')),
    ...seen.statefulSets.flatMap((one) => [
      ...wrongCount(one, seen.pods, 'StatefulSet'),
      ...wrongOrdinals(one, seen.pods),
    ]),
    ...seen.deployments.flatMap((one) => oldPods(one, seen)),
    ...seen.jobs.flatMap((one) => wrongJob(one, seen.pods, completions)),
    ...orphans(seen),
  ];
}

function wrongCount(
  { metadata, spec }: Deployment | StatefulSet,
  pods: readonly Pod[],
  kind: string,
): readonly string[] {
  const own = pods.filter((pod) => appOf(pod) === metadata.name);
  const ready = own.filter((pod) => isLive(pod) && isReady(pod)).length;
  const wanted = spec?.replicas ?? 1;
  if (ready === wanted && own.length === wanted) return [];
  return [`${kind} ${metadata.name} has ${own.length} pods, ${ready} of them ready, and wants ${wanted}`];
}

function wrongOrdinals({ metadata, spec }: StatefulSet, pods: readonly Pod[]): readonly string[] {
  const names = pods.filter((pod) => appOf(pod) === metadata.name).map((pod) => pod.metadata.name);
  const wanted = Array.from({ length: spec?.replicas ?? 1 }, (_, i) => `${metadata.name}-${i}`);
  return isSame(names.sort(), wanted.sort()) ? [] : [`StatefulSet ${metadata.name} has ${names.join(' ')}`];
}

/** Pods of a template that is no longer the Deployment's. */
function oldPods({ metadata, spec }: Deployment, { pods }: Seen): readonly string[] {
  const wanted = spec?.template.spec?.containers?.[0]?.env?.[0]?.value;
  const old = pods.filter((pod) => appOf(pod) === metadata.name && pod.spec.containers[0]?.env?.[0]?.value !== wanted);
  return old.length === 0 ? [] : [`Deployment ${metadata.name} has ${old.length} pods of an older template`];
}

function wrongJob({ metadata, status }: Job, pods: readonly Pod[], completions: number): readonly string[] {
  const own = pods.filter((pod) => appOf(pod) === metadata.name);
  const isComplete = status?.conditions?.some(({ type, status: is }) => type === 'Complete' && is === 'True');
  const done = own.filter(({ status: { phase } }) => phase === 'Succeeded').length;
  const problems = [
    ...(isComplete && status?.succeeded === completions && status.completedIndexes === `0-${completions - 1}`
      ? []
      : [`Job ${metadata.name} has completed ${status?.completedIndexes}, succeeded ${status?.succeeded}`]),
    ...(own.some(isLive) ? [`Job ${metadata.name} still has pods that run`] : []),
    ...(own.some((pod) => (pod.metadata.finalizers ?? []).length > 0) ? [`Job ${metadata.name} still holds pods`] : []),
  ];
  return done > completions ? [...problems, `Job ${metadata.name} has ${done} pods that succeeded`] : problems;
}

function orphans({ pods, nodes, replicaSets, statefulSets, jobs, deployments }: Seen): readonly string[] {
  const uids = new Set([...replicaSets, ...statefulSets, ...jobs, ...deployments].map(({ metadata }) => metadata.uid));
  const names = new Set(nodes.map(({ metadata }) => metadata.name));
  const unowned = ({ metadata }: KubeObject) => !metadata.ownerReferences?.some(({ uid }) => uids.has(uid));
  return [
    ...pods.filter(unowned).map(({ metadata }) => `Pod ${metadata.name} belongs to nobody`),
    ...replicaSets.filter(unowned).map(({ metadata }) => `ReplicaSet ${metadata.name} belongs to nobody`),
    ...pods
      .filter((pod) => isLive(pod) && !names.has(pod.spec.nodeName ?? ''))
      .map((pod) => `Pod ${pod.metadata.name} is on ${pod.spec.nodeName ?? 'no node'}`),
  ];
}

function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}
