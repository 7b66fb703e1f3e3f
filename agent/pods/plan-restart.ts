// When all containers of a pod are to begin anew because one of them ended as a rule of it says. Pure. Rule: KEP-5532.
import type { Pod } from '#lib/api/types/core.v1.ts';
import { containerNamed, containersOf, restartRuleOf } from './containers.ts';
import { isLive, type Observed, type ObservedContainer } from './observed.ts';

export interface WholeRestart {
  /** The container for whose sake. */
  readonly because: ObservedContainer;
  /** Whether it is of the time before, and counts no more: init containers that succeeded do not, either. */
  isOld(container: ObservedContainer): boolean;
  /** What has to end first. */
  readonly left: readonly ObservedContainer[];
}

/** Whether one of its containers has a rule by which all of them begin anew. */
export function mayRestartAll(pod: Pod): boolean {
  return containersOf(pod).some(({ container }) =>
    container.restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'),
  );
}

/** Undefined: nothing asks for it. What came after the last time that something did is not touched again. */
export function wholeRestart(pod: Pod, observed: Observed, sandboxId: string | undefined): WholeRestart | undefined {
  const of = (name: string) => containerNamed(pod, name);
  const [because] = observed.containers
    .filter((one) => one.sandboxId === sandboxId && one.state === 'exited')
    .filter(({ name, exitCode }) => {
      const found = of(name);
      return found !== undefined && restartRuleOf(found, exitCode)?.action === 'RestartAllContainers';
    })
    .sort((a, b) => b.finishedAtMs - a.finishedAtMs);
  if (because === undefined) return undefined;
  const isOld = ({ name, createdAtMs }: ObservedContainer) =>
    createdAtMs <= because.finishedAtMs && of(name)?.kind !== 'ephemeral';
  const left = observed.containers.filter((one) => isLive(one) && isOld(one) && of(one.name) !== undefined);
  return { because, isOld, left };
}
