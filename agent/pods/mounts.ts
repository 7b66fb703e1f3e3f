import { chmod, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Mount } from '#cri/config.ts';
import type { Pod, VolumeMount } from '#lib/api/types/core.v1.ts';
import type { PreparedVolume } from '../volumes/volumes.ts';
import { mountOf } from './container-config.ts';
import { containerNamed } from './containers.ts';
import { hostnameOf } from './hostname.ts';
import { renderHosts } from './hosts-file.ts';
import type { NodeTools } from './node-facts.ts';
import { etcHostsPath, terminationLogPath } from './paths.ts';
import { shownPod } from './pod-record.ts';
import type { Start } from './start.ts';
import { subPathOf } from './sub-path-of.ts';

type Environment = readonly { readonly name: string; readonly value: string }[];

/** What the container sees of the node's files: its volumes, /etc/hosts, and the file for its last words. */
export async function mountsOf(
  start: Start,
  env: Environment,
  tools: NodeTools,
  signal: AbortSignal,
): Promise<readonly Mount[]> {
  const { pod, name, attempt } = start;
  const { container } = containerNamed(pod, name)!;
  const uid = pod.metadata.uid ?? '';
  const hasOwnHosts = container.volumeMounts?.some(({ mountPath }) => /^\/?etc\/hosts\/?$/.test(mountPath));
  const hosts = {
    containerPath: '/etc/hosts',
    hostPath: etcHostsPath(tools.rootDir, uid),
    readonly: container.securityContext?.readOnlyRootFilesystem ?? false,
  };
  const lastWords = {
    containerPath: container.terminationMessagePath || '/dev/termination-log',
    hostPath: terminationLogPath(tools.rootDir, uid, name, attempt),
  };
  const [mounts] = await Promise.all([
    volumeMounts(start, env, tools, signal),
    hasOwnHosts ? undefined : writeHosts(hosts.hostPath, start, tools),
    makeTerminationLog(lastWords.hostPath),
  ]);
  return [...mounts, ...(hasOwnHosts ? [] : [hosts]), lastWords];
}

async function volumeMounts(
  { pod, name, volumes }: Start,
  env: Environment,
  tools: NodeTools,
  signal: AbortSignal,
): Promise<Mount[]> {
  const { container } = containerNamed(pod, name)!;
  const values = new Map(env.map((variable) => [variable.name, variable.value]));
  const mounts: Mount[] = [];
  async function partOf(volume: PreparedVolume, volumeName: string, subPath: string): Promise<string> {
    try {
      return await tools.volumes.subPath(volume, subPath, signal);
    } catch (error) {
      signal.throwIfAborted();
      tools.log.warn('Cannot mount a part of a volume', { pod: shownPod(pod), container: name, subPath, err: error });
      // What went wrong may tell of the node's own files.
      const words = `failed to prepare subPath for volumeMount "${volumeName}" of container "${name}"`;
      throw new Error(words, { cause: error });
    }
  }
  for (const mount of container.volumeMounts ?? []) {
    const volume = volumes.get(mount.name);
    if (volume === undefined) throw new Error(`cannot find volume "${mount.name}" to mount into container "${name}"`);
    const subPath = subPathOf(mount, (variable) => values.get(variable));
    const hostPath = subPath === '' ? volume.hostPath : await partOf(volume, mount.name, subPath);
    const isRecursive = await isRecursivelyReadOnly(mount, pod, tools, signal);
    const asItIs = volume.isUnmappable ? { uidMappings: [], gidMappings: [] } : {};
    mounts.push({ ...mountOf(mount, hostPath, volume.isReadOnly ?? false, isRecursive), ...asItIs });
  }
  return mounts;
}

/** Whether what is mounted below is read-only, too. Rule: KEP-3857. @throws {Error} if it must be and cannot */
async function isRecursivelyReadOnly(
  { name, readOnly, recursiveReadOnly = 'Disabled' }: VolumeMount,
  { spec }: Pod,
  { cri, handlerOf }: NodeTools,
  signal: AbortSignal,
): Promise<boolean> {
  if (readOnly !== true || recursiveReadOnly === 'Disabled') return false;
  const [{ handlers }, handler] = await Promise.all([
    cri.runtime.status(signal),
    handlerOf(spec.runtimeClassName, signal),
  ]);
  if (handlers.find((one) => one.name === handler)?.recursiveReadOnlyMounts) return true;
  if (recursiveReadOnly === 'IfPossible') return false;
  throw new Error(`volume "${name}" requested recursive read-only mode, but it is not supported by the runtime`);
}

async function writeHosts(path: string, { pod, sandbox }: Start, { dns }: NodeTools): Promise<void> {
  const nodeFile = pod.spec.hostNetwork ? await readFile('/etc/hosts', 'utf8') : undefined;
  const text = renderHosts({
    podIPs: sandbox.ips,
    name: hostnameOf(pod, (await dns()).clusterDomain),
    aliases: pod.spec.hostAliases ?? [],
    ...(nodeFile === undefined ? {} : { nodeFile }),
  });
  await writeFile(path, text, { mode: 0o644 });
}

/** Makes the file that takes a container's last words: anybody may write it, whoever the container runs as. */
async function makeTerminationLog(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  await using file = await open(path, 'w', 0o666);
  void file;
  await chmod(path, 0o666); // umask took some of it away
}
