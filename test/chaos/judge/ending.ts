// What must hold in the end: exactly what was asked for is there, and nothing of what is gone.
import { isSame } from '#lib/api/kinds/equal.ts';
import type { KubeObject } from '#lib/api/resource.ts';
import type { ControllerRevision, Deployment, ReplicaSet, StatefulSet } from '#lib/api/types/apps.v1.ts';
import type { Job } from '#lib/api/types/batch.v1.ts';
import type { Lease } from '#lib/api/types/coordination.v1.ts';
import type { Node, Pod, Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { isLive, isReady } from './facts.ts';
import type { Broken } from './history.ts';

export interface Seen {
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  readonly deployments: readonly Deployment[];
  readonly replicaSets: readonly ReplicaSet[];
  readonly statefulSets: readonly StatefulSet[];
  readonly controllerRevisions: readonly ControllerRevision[];
  readonly jobs: readonly Job[];
  readonly services: readonly Service[];
  readonly endpointSlices: readonly EndpointSlice[];
  /** Those of nodes. */
  readonly leases: readonly Lease[];
}

const appOf = ({ metadata }: Pod) => metadata.labels?.['app'] ?? '';
const generationOf = (spec: Pod['spec'] | undefined) => spec?.containers?.[0]?.env?.[0]?.value;

/** What is not yet, or not any more, as it was asked for. */
export function notConverged(seen: Seen): readonly Broken[] {
  return [
    ...seen.deployments.flatMap((one) => [...wrongCount(one, seen.pods), ...oldPods(one, 0, seen.pods)]),
    ...seen.statefulSets.flatMap((one) => [
      ...wrongCount(one, seen.pods),
      ...wrongOrdinals(one, seen.pods),
      ...oldPods(one, one.spec.updateStrategy?.rollingUpdate?.partition ?? 0, seen.pods),
    ]),
    ...seen.jobs.flatMap((one) => wrongJob(one, seen.pods)),
    ...seen.services.flatMap((one) => wrongEndpoints(one, seen)),
    ...orphans(seen),
  ];
}

function wrongCount(workload: Deployment | StatefulSet, pods: readonly Pod[]): readonly Broken[] {
  const { metadata, spec, status } = workload;
  const own = pods.filter((pod) => appOf(pod) === metadata.name);
  const ready = own.filter((pod) => isLive(pod) && isReady(pod)).length;
  const wanted = spec?.replicas ?? 1;
  const isKnown = status?.observedGeneration === metadata.generation && (status?.readyReplicas ?? 0) === wanted;
  if (ready === wanted && own.length === wanted && isKnown) return [];
  const what = `${metadata.name} has ${own.length} pods, ${ready} of them ready, says ${status?.readyReplicas} and wants ${wanted}`;
  return [{ rule: 'converged', what, objects: [workload, ...own] }];
}

function wrongOrdinals({ metadata, spec }: StatefulSet, pods: readonly Pod[]): readonly Broken[] {
  const own = pods.filter((pod) => appOf(pod) === metadata.name);
  const names = own.map((pod) => pod.metadata.name).sort();
  const wanted = Array.from({ length: spec?.replicas ?? 1 }, (_, i) => `${metadata.name}-${i}`).sort();
  if (isSame(names, wanted)) return [];
  return [{ rule: 'converged', what: `StatefulSet ${metadata.name} has ${names.join(' ')}`, objects: own }];
}

/** Pods of a template that is no longer the workload's; those of an ordinal below `partition` may be. */
function oldPods(workload: Deployment | StatefulSet, partition: number, pods: readonly Pod[]): readonly Broken[] {
  const { metadata, spec } = workload;
  const wanted = generationOf(spec?.template.spec as Pod['spec']);
  const old = pods
    .filter((pod) => appOf(pod) === metadata.name && generationOf(pod.spec) !== wanted)
    .filter((pod) => partition === 0 || Number(pod.metadata.name.split('-').at(-1)) >= partition);
  if (old.length === 0) return [];
  const what = `${metadata.name} has ${old.length} pods of an older template`;
  return [{ rule: 'converged', what, objects: [workload, ...old] }];
}

function wrongJob(job: Job, pods: readonly Pod[]): readonly Broken[] {
  const { metadata, spec, status } = job;
  const completions = spec.completions ?? 1;
  const own = pods.filter((pod) => appOf(pod) === metadata.name);
  const isComplete = status?.conditions?.some(({ type, status: is }) => type === 'Complete' && is === 'True');
  const done = own.filter(({ status: { phase } }) => phase === 'Succeeded').length;
  const mayRepeat = spec.podReplacementPolicy !== 'Failed'; // then two of an index may succeed
  const problems = [
    ...(isComplete && status?.succeeded === completions && status.completedIndexes === `0-${completions - 1}`
      ? []
      : [`has completed ${status?.completedIndexes}, succeeded ${status?.succeeded}`]),
    ...(own.some(isLive) ? ['still has pods that run'] : []),
    ...(own.some((pod) => (pod.metadata.finalizers ?? []).length > 0) ? ['still holds pods'] : []),
    ...(done > completions && !mayRepeat ? [`has ${done} pods that succeeded`] : []),
  ];
  return problems.map((what) => ({ rule: 'converged', what: `Job ${metadata.name} ${what}`, objects: [job, ...own] }));
}

/** Its EndpointSlices name the ready pods that it selects, each once. */
function wrongEndpoints({ metadata, spec }: Service, { pods, endpointSlices }: Seen): readonly Broken[] {
  const app = spec?.selector?.['app'];
  if (app === undefined) return [];
  const slices = endpointSlices.filter((slice) => slice.metadata.labels?.[serviceLabel] === metadata.name);
  const targets = slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready)
    .map(({ targetRef }) => targetRef?.uid ?? '');
  const ready = pods.filter((pod) => appOf(pod) === app && isLive(pod) && isReady(pod));
  if (isSame(targets.sort(), ready.map((pod) => pod.metadata.uid!).sort())) return [];
  const what = `Service ${metadata.name} has ${targets.length} ready endpoints, and ${ready.length} pods are ready`;
  return [{ rule: 'endpoints', what, objects: [...slices, ...ready] }];
}
const serviceLabel = 'kubernetes.io/service-name';

/** What belongs to somebody who is gone, or to nobody where it has to. */
function orphans(seen: Seen): readonly Broken[] {
  const uids = new Set(
    Object.values(seen)
      .flat()
      .map(({ metadata }: KubeObject) => metadata.uid),
  );
  const names = new Set(seen.nodes.map(({ metadata }) => metadata.name));
  const services = new Set(seen.services.map(({ metadata }) => metadata.name));
  const isOrphan = ({ metadata }: KubeObject) => metadata.ownerReferences?.every(({ uid }) => !uids.has(uid)) === true;
  const isUnowned = (object: KubeObject) => object.metadata.ownerReferences === undefined || isOrphan(object);
  const isStray = (slice: EndpointSlice) =>
    isOrphan(slice) || !services.has(slice.metadata.labels?.[serviceLabel] ?? '');
  const say = (kind: string, objects: readonly KubeObject[]) =>
    objects.map((one): Broken => {
      return { rule: 'orphan', what: `${kind} ${one.metadata.name} belongs to nobody`, objects: [one] };
    });
  return [
    ...say('Pod', seen.pods.filter(isUnowned)),
    ...say('ReplicaSet', seen.replicaSets.filter(isUnowned)),
    ...say('ControllerRevision', seen.controllerRevisions.filter(isUnowned)),
    ...say('EndpointSlice', seen.endpointSlices.filter(isStray)),
    ...say('Job', seen.jobs.filter(isOrphan)),
    ...say('Lease', seen.leases.filter(isUnowned)),
    ...seen.pods
      .filter((pod) => !names.has(pod.spec.nodeName ?? ''))
      .map((pod): Broken => {
        const what = `Pod ${pod.metadata.name} is on ${pod.spec.nodeName ?? 'no node'}, which is not there`;
        return { rule: 'orphan', what, objects: [pod] };
      }),
    ...seen.nodes
      .filter(({ status }) => !status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'))
      .map((node): Broken => ({ rule: 'converged', what: `Node ${node.metadata.name} is not Ready`, objects: [node] })),
  ];
}
