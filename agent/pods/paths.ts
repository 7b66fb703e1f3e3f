import type { Pod } from '#lib/api/types/core.v1.ts';

/** Unless the configuration says otherwise. */
export const podLogsRoot = '/var/log/pods';
export const logLinksRoot = '/var/log/containers';

// Where a pod's things lie: upstream's own places, which log collectors and people know.

export function podDirectory(rootDir: string, uid: string): string {
  return `${rootDir}/pods/${uid}`;
}

export function etcHostsPath(rootDir: string, uid: string): string {
  return `${podDirectory(rootDir, uid)}/etc-hosts`;
}

/** Where the file that a container may leave its last words in is on the node: another one for each start. */
export function terminationLogPath(rootDir: string, uid: string, container: string, attempt: number): string {
  return `${podDirectory(rootDir, uid)}/containers/${container}/${attempt.toString(16).padStart(8, '0')}`;
}

/** `root`: where the logs of all pods lie. */
export function podLogDirectory({ metadata }: Pod, root = podLogsRoot): string {
  return `${root}/${metadata.namespace ?? 'default'}_${metadata.name}_${metadata.uid ?? ''}`;
}

/** Relative to the pod's log directory. */
export function containerLogPath(container: string, attempt: number): string {
  return `${container}/${attempt}.log`;
}

/** The link by which log collectors find the log and, from its name, what it is of. */
export function logLinkPath({ metadata }: Pod, container: string, containerId: string): string {
  const name = `${metadata.name}_${metadata.namespace ?? 'default'}_${container}`;
  return `${logLinksRoot}/${name.slice(0, 251 - containerId.length)}-${containerId}.log`;
}
