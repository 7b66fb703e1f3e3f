// Brings one container from its spec to running: image, environment, files, create, start.
import { mkdir, rm, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ConfigMap, Pod, Secret } from '#lib/api/types/core.v1.ts';
import { readVolumeFile } from '../volumes/read-file.ts';
import { containerConfigOf } from './container-config.ts';
import { containerNamed } from './containers.ts';
import { environmentNeeds, fileKey, planEnvironment } from './environment.ts';
import { mountsOf } from './mounts.ts';
import type { NodeTools } from './node-facts.ts';
import { latestOf } from './observed.ts';
import { containerLogPath, logLinkPath, podLogDirectory } from './paths.ts';
import { sandboxConfig } from './run-sandbox.ts';
import { type ImageUser, rootRefusal } from './security.ts';
import type { Start } from './start.ts';
import { StartError } from './start-error.ts';

/** Returns the container's id. @throws {StartError} with the reason that the container's status shows */
export async function startContainer(start: Start, tools: NodeTools, signal: AbortSignal): Promise<string> {
  const { pod, name, attempt, sandbox } = start;
  const { cri, observer, limit, record, life } = tools;
  const { container, kind } = containerNamed(pod, name)!;
  const sandboxSpec = await sandboxConfig(pod, sandbox.attempt, tools);
  const image = await tools.puller.ensure(pod, container, sandboxSpec, signal);
  const user: ImageUser = { username: image.username, ...(image.uid === undefined ? {} : { uid: image.uid }) };

  /** The same failure in a status and in an Event. */
  function fail(reason: 'CreateContainerConfigError' | 'CreateContainerError', error: unknown): never {
    signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    record(pod, 'Warning', 'Failed', `Error: ${message}`, container);
    throw new StartError(reason, message, retryMs, { cause: error });
  }

  const refusal = rootRefusal(pod, container, user);
  if (refusal !== undefined) fail('CreateContainerConfigError', new Error(refusal));
  const target = kind === 'ephemeral' ? targetOf(pod, name) : undefined;
  const targetId = target && latestOf(observer.of(sandbox.uid), target)?.id;
  const logPath = `${podLogDirectory(pod, tools.podLogsDir)}/${containerLogPath(name, attempt)}`;
  const logFolder = mkdir(dirname(logPath), { recursive: true, mode: 0o755 });
  logFolder.catch(() => {}); // awaited below, unless an earlier step fails
  const config = await filesAndEnvironment(start, tools, signal).then(
    ({ env, mounts }) =>
      containerConfigOf({
        pod,
        container,
        attempt,
        imageRef: image.id,
        imageUser: user,
        env,
        mounts,
        users: sandboxSpec.linux.securityContext.namespaceOptions.usernsOptions,
        ...(targetId === undefined ? {} : { targetId }),
        capacityBytes: tools.capacityBytes,
        killsTogether: tools.killsTogether,
        enforcesCpuLimits: tools.enforcesCpuLimits,
        seccompDefault: tools.seccompDefault,
        seccompRoot: `${tools.rootDir}/seccomp`,
        hugePageSizes: tools.hugePageSizes,
      }),
    (error) => fail('CreateContainerConfigError', error),
  );
  await logFolder;
  return await limit(async () => {
    const id = await cri.runtime
      .createContainer(sandbox.id, config, sandboxSpec, life)
      .catch((error) => fail('CreateContainerError', error));
    if (signal.aborted) {
      await observer.noteContainer(sandbox.id, id, life); // so that who ends the pod finds it
      signal.throwIfAborted();
    }
    record(pod, 'Normal', 'Created', 'Container created', container);
    try {
      await Promise.all([cri.runtime.startContainer(id, life), linkLog(logPath, logLinkPath(pod, name, id))]);
    } catch (error) {
      life.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      record(pod, 'Warning', 'Failed', `Error: ${message}`, container);
      await observer.noteContainer(sandbox.id, id, life);
      throw new StartError('RunContainerError', message, retryMs, { cause: error });
    }
    record(pod, 'Normal', 'Started', 'Container started', container);
    await observer.noteContainer(sandbox.id, id, life);
    return id;
  }, signal);
}
const retryMs = 10_000;

function targetOf({ spec }: Pod, name: string): string | undefined {
  return spec.ephemeralContainers?.find((one) => one.name === name)?.targetContainerName || undefined;
}

async function filesAndEnvironment(start: Start, tools: NodeTools, signal: AbortSignal) {
  const env = await environmentOf(start, tools, signal);
  return { env, mounts: await mountsOf(start, env, tools, signal) };
}

async function environmentOf({ pod, name, sandbox, volumes }: Start, tools: NodeTools, signal: AbortSignal) {
  const { container } = containerNamed(pod, name)!;
  const needs = environmentNeeds(container);
  const namespace = pod.metadata.namespace ?? 'default';
  const configMaps = new Map<string, ConfigMap>();
  const secrets = new Map<string, Secret>();
  for (const one of needs.configMaps) {
    const found = await tools.objects.configMap(namespace, one, signal);
    if (found !== undefined) configMaps.set(one, found);
  }
  for (const one of needs.secrets) {
    const found = await tools.objects.secret(namespace, one, signal);
    if (found !== undefined) secrets.set(one, found);
  }
  const files = new Map<string, string>();
  for (const one of needs.files) {
    const volume = volumes.get(one.volumeName);
    if (volume === undefined) throw new Error(`cannot find the volume "${one.volumeName}" referenced by FileKeyRef`);
    const text = await readVolumeFile(volume.hostPath, one.path);
    if (text !== undefined) files.set(fileKey(one), text);
  }
  const podIPs = pod.spec.hostNetwork ? tools.hostIPs : sandbox.ips;
  const { hostIPs, services } = tools;
  const facts = { pod, container, podIPs, hostIPs, allocatable: tools.allocatable(), services: services.list() };
  const planned = planEnvironment({ ...facts, configMaps, secrets, files });
  if ('error' in planned) throw new Error(planned.error);
  return planned.env;
}

/** For log collectors; nothing here depends on it. */
async function linkLog(logPath: string, link: string): Promise<void> {
  try {
    await mkdir(dirname(link), { recursive: true });
    await rm(link, { force: true });
    await symlink(logPath, link);
  } catch {}
}
