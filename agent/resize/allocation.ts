// What a pod and its containers were granted: it may lag behind what the pod asks for since it was resized.
import type { Container, Pod, ResourceRequirements } from '#lib/api/types/core.v1.ts';

/** Resources by container name; those of the pod as a whole, where it has such, by `wholePod`. */
export type Allocation = Readonly<Record<string, ResourceRequirements>>;

/** No container has this name, nor any this id. */
export const wholePod = '';

export function allocationOf({ spec }: Pod): Allocation {
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  const own = spec.resources === undefined ? {} : { [wholePod]: spec.resources };
  return { ...own, ...Object.fromEntries(all.map(({ name, resources = {} }) => [name, resources])) };
}

/** The pod as it is to be run: with what it was granted instead of what it asks for. */
export function withAllocation(pod: Pod, allocation: Allocation): Pod {
  const { spec } = pod;
  const grant = (container: Container): Container => {
    const resources = allocation[container.name];
    return resources === undefined || sameResources(container.resources, resources)
      ? container
      : { ...container, resources };
  };
  const own = allocation[wholePod];
  return {
    ...pod,
    spec: {
      ...spec,
      ...(own === undefined || sameResources(spec.resources, own) ? {} : { resources: own }),
      containers: spec.containers.map(grant),
      ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(grant) }),
    },
  };
}

export function sameAllocation(a: Allocation, b: Allocation): boolean {
  return Object.keys({ ...a, ...b }).every((name) => sameResources(a[name], b[name]));
}

export function sameResources(a: ResourceRequirements | undefined, b: ResourceRequirements | undefined): boolean {
  return changedResources(a, b).length === 0;
}

/** Of CPU and memory, which alone can change while a container runs, those that differ. */
export function changedResources(
  a: ResourceRequirements | undefined,
  b: ResourceRequirements | undefined,
): readonly ('cpu' | 'memory')[] {
  return (['cpu', 'memory'] as const).filter(
    (name) => a?.requests?.[name] !== b?.requests?.[name] || a?.limits?.[name] !== b?.limits?.[name],
  );
}
