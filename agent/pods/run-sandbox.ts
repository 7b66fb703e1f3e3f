import { mkdirSync } from 'node:fs';
import type { SandboxConfig } from '#cri/config.ts';
import type { SandboxStatus } from '#cri/runtime.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { usersRefusal } from '../userns/user-namespaces.ts';
import { planDns } from './dns-config.ts';
import type { NodeTools } from './node-facts.ts';
import { podDirectory, podLogDirectory } from './paths.ts';
import { sandboxConfigOf } from './sandbox-config.ts';

/** Makes the pod's sandbox with its network. @throws {Error} why it could not; an Event has told users */
export async function runSandbox(
  pod: Pod,
  attempt: number,
  tools: NodeTools,
  signal: AbortSignal,
): Promise<SandboxStatus> {
  const { cri, cgroups, observer, limit } = tools;
  mkdirSync(podDirectory(tools.rootDir, pod.metadata.uid ?? ''), { recursive: true, mode: 0o750 });
  mkdirSync(podLogDirectory(pod, tools.podLogsDir), { recursive: true, mode: 0o755 });
  await cgroups.make(pod, signal);
  try {
    const handler = await tools.handlerOf(pod.spec.runtimeClassName, signal);
    await refuseUsers(pod, handler, tools, signal);
    const config = await sandboxConfig(pod, attempt, tools);
    for (const { reason, message } of planDns(pod, await tools.dns()).warnings) {
      tools.record(pod, 'Warning', reason, message);
    }
    const id = await limit(() => cri.runtime.runSandbox(config, handler, tools.life), signal);
    const status = await cri.runtime.sandboxStatus(id, tools.life);
    observer.noteSandbox(status);
    signal.throwIfAborted();
    return status;
  } catch (error) {
    signal.throwIfAborted();
    const words = error instanceof Error ? error.message : String(error);
    tools.record(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${words}`);
    throw error;
  }
}

/** @throws {Error} if the pod's users would be the node's own, and must not be */
async function refuseUsers({ spec }: Pod, handler: string, { cri }: NodeTools, signal: AbortSignal): Promise<void> {
  if (spec.hostUsers !== false) return;
  const refusal = usersRefusal((await cri.runtime.status(signal)).handlers, handler);
  if (refusal !== undefined) throw new Error(refusal);
}

/** The config that a sandbox is run with, and its containers are created with. */
export async function sandboxConfig(
  pod: Pod,
  attempt: number,
  { dns, cgroups, users, podLogsDir }: NodeTools,
): Promise<SandboxConfig> {
  const facts = { pod, attempt, cgroupParent: cgroups.parentOf(pod), users: await users.of(pod), podLogsDir };
  return sandboxConfigOf({ ...(await dns()), ...facts });
}
