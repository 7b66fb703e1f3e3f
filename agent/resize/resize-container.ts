import { podLimits } from '../cgroups/limits.ts';
import { resourcesOf } from '../pods/container-config.ts';
import { containerNamed } from '../pods/containers.ts';
import type { NodeTools } from '../pods/node-facts.ts';
import type { PodRecord } from '../pods/pod-record.ts';
import { type Allocation, wholePod, withAllocation } from './allocation.ts';
import { shown } from './settle.ts';

/**
 * Gives a running container what it was granted: first the pod's own limits grow, then the container's change, then the
 * pod's shrink, as no container may be allowed more than its pod.
 */
export async function resizeContainer(
  record: PodRecord,
  { id, name }: { readonly id: string; readonly name: string },
  tools: NodeTools,
  signal: AbortSignal,
): Promise<void> {
  const { pod, actuated } = record;
  const { cgroups, cri, capacityBytes, killsTogether, enforcesCpuLimits } = tools;
  const { container } = containerNamed(pod, name)!;
  const before = withAllocation(pod, { ...allocated(actuated, name, id), ...allocated(actuated, wholePod) });
  await cgroups.make(pod, signal, larger(podLimits(before), podLimits(pod)));
  await cri.runtime.updateResources(
    id,
    resourcesOf({ pod, container, capacityBytes, killsTogether, enforcesCpuLimits }),
    signal,
  );
  actuated.set(id, container.resources ?? {});
  await makePodCgroup(record, tools, signal);
  tools.log.info('Resized container', { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, containerName: name });
  tools.record(pod, 'Normal', 'ResizeCompleted', `Pod resize completed: ${shown(record)}`);
}

/** Gives the pod as a whole what it was granted. */
export async function resizePod(record: PodRecord, tools: NodeTools, signal: AbortSignal): Promise<void> {
  const { pod } = record;
  await makePodCgroup(record, tools, signal);
  tools.log.info('Resized pod', { pod: `${pod.metadata.namespace}/${pod.metadata.name}` });
  tools.record(pod, 'Normal', 'ResizeCompleted', `Pod resize completed: ${shown(record)}`);
}

async function makePodCgroup({ pod, actuated }: PodRecord, { cgroups }: NodeTools, signal: AbortSignal): Promise<void> {
  await cgroups.make(pod, signal);
  if (pod.spec.resources !== undefined) actuated.set(wholePod, pod.spec.resources);
}

function allocated(actuated: PodRecord['actuated'], name: string, id = name): Allocation {
  const had = actuated.get(id);
  return had === undefined ? {} : { [name]: had };
}

type Limits = ReturnType<typeof podLimits>;

/** What is not limited in one of them is in neither. */
function larger(a: Limits, b: Limits): Limits {
  const most = (x: number | undefined, y: number | undefined) =>
    x === undefined || y === undefined ? undefined : Math.max(x, y);
  const [cpuQuotaMicros, memoryBytes] = [most(a.cpuQuotaMicros, b.cpuQuotaMicros), most(a.memoryBytes, b.memoryBytes)];
  return {
    cpuShares: Math.max(a.cpuShares, b.cpuShares),
    ...(cpuQuotaMicros === undefined ? {} : { cpuQuotaMicros }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  };
}
