import type { Runtime } from '#cri/runtime.ts';
import type { Container, LifecycleHandler } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import { get } from '../probes/http.ts';
import { httpTargetOf } from '../probes/target.ts';

export interface HookTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

/** Runs a lifecycle hook to its end. Rule: "Container Lifecycle Hooks". @throws {Error} why it failed */
export async function runHook(
  { exec, httpGet, sleep }: LifecycleHandler,
  { container, containerId, podIp }: HookTarget,
  { runtime, clock }: { readonly runtime: Runtime; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  if (exec) {
    const command = exec.command ?? [];
    const { exitCode, stderr } = await runtime.execSync(containerId, command, 0, signal);
    if (exitCode === 0) return;
    const words = new TextDecoder().decode(stderr).slice(0, 1024);
    throw new Error(`command '${command.join(' ')}' exited with ${exitCode}: ${words}`);
  }
  if (!exec && !httpGet && !sleep) throw new Error('Cannot run handler: invalid handler'); // tcpSocket is none
  if (httpGet) {
    const { status } = await get(httpTargetOf(httpGet, container, podIp), signal);
    if (status < 200 || status >= 400) throw new Error(`HTTP lifecycle hook failed with statuscode: ${status}`);
  }
  if (sleep) await clock.sleep((sleep.seconds ?? 0) * 1000, signal);
}
