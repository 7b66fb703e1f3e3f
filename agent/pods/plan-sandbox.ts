import type { Pod } from '#lib/api/types/core.v1.ts';
import { containersOf, mayRestart } from './containers.ts';
import { latestOf, type Observed } from './observed.ts';

export type SandboxPlan =
  | { readonly do: 'keep'; readonly id: string }
  | { readonly do: 'create'; readonly attempt: number; readonly mustStop: boolean }
  /** All has ended that will ever run: a sandbox is no longer needed. */
  | { readonly do: 'nothing' };

/** Whether the pod's sandbox can stay. Rule: kubelet's PodSandboxChanged. */
export function planSandbox(pod: Pod, observed: Observed): SandboxPlan {
  const [newest, ...older] = observed.sandboxes;
  if (newest === undefined) return { do: 'create', attempt: 0, mustStop: observed.containers.length > 0 };
  const hasAddress = pod.spec.hostNetwork === true || newest.ips.length > 0;
  const isOnlyOne = !older.some(({ isReady }) => isReady);
  if (newest.isReady && hasAddress && isOnlyOne) return { do: 'keep', id: newest.id };
  if (hasNothingToRun(pod, observed)) return { do: 'nothing' };
  return { do: 'create', attempt: newest.attempt + 1, mustStop: true };
}

function hasNothingToRun(pod: Pod, observed: Observed): boolean {
  if (observed.containers.length === 0) return false;
  if (pod.spec.restartPolicy === 'Never') return true;
  const main = containersOf(pod).filter(({ kind }) => kind === 'main');
  return main.every((one) => {
    const latest = latestOf(observed, one.container.name);
    return latest?.state === 'exited' && !mayRestart(pod, one, latest.exitCode);
  });
}
