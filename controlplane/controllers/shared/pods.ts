// What controllers ask of a pod. Rule: kubernetes pkg/api/v1/pod and pkg/controller, controller_utils.
import type { Pod, PodCondition, PodTemplateSpec } from '#lib/api/types/core.v1.ts';
import type { OwnerReference } from '#lib/api/types/meta.v1.ts';

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function isReady(pod: Pod): boolean {
  return podCondition(pod, 'Ready')?.status === 'True';
}

/** No container of it will run again. */
export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** Counts as a replica: neither ended nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !hasEnded(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** Milliseconds until `pod` has been ready for `minReadySeconds`: 0 if it has, undefined if it is not ready. */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number | undefined {
  const ready = podCondition(pod, 'Ready');
  if (ready?.status !== 'True') return undefined;
  if (minReadySeconds === 0) return 0;
  if (ready.lastTransitionTime === undefined) return undefined;
  return Math.max(0, Date.parse(ready.lastTransitionTime) + minReadySeconds * 1000 - nowMs);
}

export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  return availableInMs(pod, minReadySeconds, nowMs) === 0;
}

/** The pod that `template` makes for `owner`. Name, or prefix for a generated one, is the caller's. */
export function podFrom<N extends { name: string } | { generateName: string }>(
  template: PodTemplateSpec,
  owner: OwnerReference,
  name: N,
) {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    metadata: {
      ...name,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [owner],
    },
    spec: template.spec,
  };
}

/** The prefix of the names of what `name` controls: with a dash if that makes a valid one. */
export function generateNameFor(name: string): string {
  return `${name}-`;
}
