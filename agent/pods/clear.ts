import { existsSync } from 'node:fs';
import { readdir, readlink, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { removeLog } from '../logs/remove-log.ts';
import type { NodeTools } from './node-facts.ts';
import type { ObservedContainer } from './observed.ts';
import type { Observer } from './observer.ts';
import { logLinkPath, logLinksRoot, podLogDirectory, podLogsRoot } from './paths.ts';

/** Gives back all that a pod uses of the node: nothing of it runs any more. */
export async function freePod(
  uid: string,
  { volumes, users, cgroups }: Pick<NodeTools, 'volumes' | 'users' | 'cgroups'>,
  signal: AbortSignal,
): Promise<void> {
  await volumes.release(uid, signal);
  users.release(uid);
  await cgroups.remove(uid, signal);
}

/** Removes what was kept of a pod for those who still asked for its logs. */
export async function clearPod(pod: Pod, tools: NodeTools, signal: AbortSignal): Promise<void> {
  const { observer, puller, objects, cri, podLogsDir } = tools;
  const uid = pod.metadata.uid ?? '';
  const { sandboxes, containers } = observer.of(uid);
  for (const container of containers) await clearContainer(pod, container, tools, signal);
  for (const { id } of sandboxes) await cri.runtime.removeSandbox(id, signal);
  await observer.refresh(uid, signal);
  await rm(podLogDirectory(pod, podLogsDir), { recursive: true, force: true });
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
  if (logPath !== '') await removeLog(logPath);
}

/** Removes logs of pods that nobody knows any more, and links to logs that are gone. */
export async function clearLogs(
  known: { has(podUid: string): boolean },
  observer: Pick<Observer, 'of'>,
  root = podLogsRoot,
): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    const [, uid] = /^[^_]+_[^_]+_([0-9a-f-]{32,36})$/.exec(name) ?? [];
    if (uid === undefined || known.has(uid)) continue;
    const { sandboxes, containers } = observer.of(uid);
    if (sandboxes.length + containers.length === 0) await rm(`${root}/${name}`, { recursive: true, force: true });
  }
  for (const name of await readdir(logLinksRoot).catch(() => [])) {
    const link = `${logLinksRoot}/${name}`;
    // A log that is being rotated is away for a moment; its folder is not.
    const leadsNowhere = await readlink(link).then(
      (log) => !existsSync(dirname(log)),
      () => false,
    );
    if (leadsNowhere) await rm(link, { force: true });
  }
}

/** Gives back volumes and cgroups of pods that are neither known nor running: what a crash left behind. */
export async function clearLeftovers(
  known: { has(podUid: string): boolean },
  tools: NodeTools,
  signal: AbortSignal,
): Promise<void> {
  const { volumes, cgroups, observer, checkpoint } = tools;
  const held = new Set([...(await volumes.holders(signal)), ...(await cgroups.holders()), ...checkpoint.holders()]);
  for (const uid of held) {
    if (known.has(uid) || observer.of(uid).sandboxes.length > 0) continue;
    await freePod(uid, tools, signal);
    await checkpoint.drop(uid);
  }
  await clearLogs(known, observer, tools.podLogsDir);
}
