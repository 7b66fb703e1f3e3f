import { mkdir } from 'node:fs/promises';
import type { SandboxConfig } from '#cri/config.ts';
import type { SandboxStatus } from '#cri/runtime.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
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
  const [config, handler] = await Promise.all([
    sandboxConfig(pod, attempt, tools),
    tools.handlerOf(pod.spec.runtimeClassName, signal),
    cgroups.make(pod, signal),
    mkdir(podDirectory(tools.rootDir, pod.metadata.uid ?? ''), { recursive: true, mode: 0o750 }),
    mkdir(podLogDirectory(pod), { recursive: true, mode: 0o755 }),
  ]);
  try {
    refuseUserNamespace(pod, handler);
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

/** Users of such a pod would be the node's own: it must not run. */
function refuseUserNamespace({ spec }: Pod, handler: string): void {
  if (spec.hostUsers !== false) return;
  const who = handler === '' ? 'runtime' : `RuntimeClass handler "${handler}"`;
  throw new Error(`can't set \`spec.hostUsers: false\`, ${who} does not support user namespaces`);
}

/** The config that a sandbox is run with, and its containers are created with. */
export async function sandboxConfig(pod: Pod, attempt: number, { dns, cgroups }: NodeTools): Promise<SandboxConfig> {
  return sandboxConfigOf({ ...(await dns()), pod, attempt, cgroupParent: cgroups.parentOf(pod) });
}
