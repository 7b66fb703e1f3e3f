import type { Container, ContainerRestartRule, Pod } from '#lib/api/types/core.v1.ts';

/** `sidecar`: an init container that keeps running beside the others. */
export type Kind = 'init' | 'sidecar' | 'main' | 'ephemeral';

export interface PodContainer {
  readonly kind: Kind;
  readonly container: Container;
}

/** Every container of the pod, in the order in which they start. */
export function containersOf({ spec }: Pod): readonly PodContainer[] {
  return [
    ...(spec.initContainers ?? []).map((container) => ({ kind: isSidecar(container) ? 'sidecar' : 'init', container })),
    ...spec.containers.map((container) => ({ kind: 'main', container })),
    ...(spec.ephemeralContainers ?? []).map((container) => ({ kind: 'ephemeral', container })),
  ] as readonly PodContainer[];
}

export function containerNamed(pod: Pod, name: string): PodContainer | undefined {
  return containersOf(pod).find(({ container }) => container.name === name);
}

function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === 'Always';
}

/**
 * Whether a container that ended with `exitCode` is to run again.
 * Rule: Pod Lifecycle, "Container restart policy": rules of the container first, then its own policy, then the pod's.
 */
export function mayRestart(pod: Pod, one: PodContainer, exitCode: number): boolean {
  const { kind, container } = one;
  if (kind === 'ephemeral') return false;
  if (kind === 'sidecar') return true;
  const rule = restartRuleOf(one, exitCode);
  if (rule !== undefined) return rule.action === 'Restart' || rule.action === 'RestartAllContainers';
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always';
  if (policy === 'Never') return false;
  // An init container that succeeded is done, whatever the policy.
  return exitCode !== 0 || (policy === 'Always' && kind === 'main');
}

/** The first rule of a container that says what is to come of such an end. */
export function restartRuleOf({ container }: PodContainer, exitCode: number): ContainerRestartRule | undefined {
  return container.restartPolicyRules?.find(({ exitCodes }) => {
    if (exitCodes === undefined) return false;
    return (exitCodes.values ?? []).includes(exitCode) === (exitCodes.operator === 'In');
  });
}
