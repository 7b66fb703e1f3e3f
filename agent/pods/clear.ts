import { rm } from 'node:fs/promises';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { NodeTools } from './node-facts.ts';
import type { ObservedContainer } from './observed.ts';
import { logLinkPath, podLogDirectory } from './paths.ts';

/** Removes what was kept of a pod for those who still asked for its logs. */
export async function clearPod(pod: Pod, tools: NodeTools, signal: AbortSignal): Promise<void> {
  const { observer, puller, objects, cri } = tools;
  const uid = pod.metadata.uid ?? '';
  const { sandboxes, containers } = observer.of(uid);
  for (const container of containers) await clearContainer(pod, container, tools, signal);
  for (const { id } of sandboxes) await cri.runtime.removeSandbox(id, signal);
  await observer.refresh(uid, signal);
  await rm(podLogDirectory(pod), { recursive: true, force: true });
  puller.drop(uid);
  objects.drop(uid);
}

/** Removes an ended container with its log. */
export async function clearContainer(
  pod: Pod,
  { id, name, logPath }: ObservedContainer,
  { cri }: Pick<NodeTools, 'cri'>,
  signal: AbortSignal,
): Promise<void> {
  await cri.runtime.removeContainer(id, signal);
  await rm(logLinkPath(pod, name, id), { force: true });
  if (logPath !== '') await rm(logPath, { force: true });
}

/** Gives back volumes and cgroups of pods that are neither known nor running: what a crash left behind. */
export async function clearLeftovers(
  known: { has(podUid: string): boolean },
  { volumes, cgroups, observer, checkpoint }: NodeTools,
  signal: AbortSignal,
): Promise<void> {
  const held = new Set([...(await volumes.holders(signal)), ...(await cgroups.holders()), ...checkpoint.holders()]);
  for (const uid of held) {
    if (known.has(uid) || observer.of(uid).sandboxes.length > 0) continue;
    await volumes.release(uid, signal);
    await cgroups.remove(uid, signal);
    await checkpoint.drop(uid);
  }
}
