import type { ContainerStatus, Pod, PodStatus } from '#lib/api/types/core.v1.ts';
import { containersOf, mayRestart, type PodContainer } from './containers.ts';

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/**
 * The phase that follows from the containers' statuses. `isOver`: no container will be started any more.
 * Rule: Pod Lifecycle, "Pod phase"; kubelet's getPhase.
 */
export function phaseOf(pod: Pod, statuses: readonly ContainerStatus[], isOver: boolean): Phase {
  const all = containersOf(pod).map((one) => ({ one, is: standing(statuses, one) }));
  const init = all.filter(({ one }) => one.kind === 'init');
  const main = all.filter(({ one }) => one.kind === 'main');
  if (
    init.some(({ one, is }) => is.at === 'ended' && is.exitCode !== 0 && (isOver || !mayRestart(pod, one, is.exitCode)))
  ) {
    return 'Failed';
  }
  const isInitialising = init.some(({ is }) => is.at !== 'ended' || is.exitCode !== 0);
  if (isInitialising && !isOver) return 'Pending';
  if (main.some(({ is }) => is.at === 'waiting')) return isOver ? 'Failed' : 'Pending';
  if (main.some(({ is }) => is.at === 'running')) return 'Running';
  const ends = main.map(({ one, is }) => ({ one, exitCode: is.at === 'ended' ? is.exitCode : 0 }));
  if (!isOver && ends.some(({ one, exitCode }) => mayRestart(pod, one, exitCode))) return 'Running';
  return ends.every(({ exitCode }) => exitCode === 0) ? 'Succeeded' : 'Failed';
}

type Standing =
  | { readonly at: 'waiting' }
  | { readonly at: 'running' }
  | { readonly at: 'ended'; readonly exitCode: number };

/** One that waits to be started again counts as ended. */
function standing(statuses: readonly ContainerStatus[], { container }: PodContainer): Standing {
  const status = statuses.find(({ name }) => name === container.name);
  if (status?.state?.running !== undefined) return { at: 'running' };
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  return ended === undefined ? { at: 'waiting' } : { at: 'ended', exitCode: ended.exitCode };
}

export function isOver({ phase }: PodStatus): boolean {
  return isFinal(phase);
}

export function isFinal(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}
