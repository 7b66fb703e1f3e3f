import type { SandboxStatus } from '#cri/runtime.ts';
import { containerNamed } from './containers.ts';
import { runHook } from './hooks.ts';
import { killContainer } from './kill.ts';
import type { NodeTools } from './node-facts.ts';
import type { PodRecord } from './pod-record.ts';
import { StartError } from './start-error.ts';

/**
 * The postStart hook of a container that runs: it is not started before that ended, and is ended if it fails, with its
 * preStop hook like any other. Rule: "Container Lifecycle Hooks".
 * @throws {StartError} if it fails
 */
export async function afterStart(
  record: PodRecord,
  { name, id, sandbox }: { readonly name: string; readonly id: string; readonly sandbox: SandboxStatus },
  tools: NodeTools,
  signal: AbortSignal,
): Promise<void> {
  const { pod } = record;
  const { clock, observer } = tools;
  const { container } = containerNamed(pod, name)!;
  const hook = container.lifecycle?.postStart;
  if (hook === undefined) return;
  const podIp = pod.spec.hostNetwork ? (tools.hostIPs[0] ?? '') : (sandbox.ips[0] ?? '');
  const { runtime } = tools.cri;
  try {
    await runHook(hook, { pod, container, containerId: id, podIp }, { runtime, clock, record: tools.record }, signal);
  } catch (error) {
    signal.throwIfAborted();
    const message = error instanceof Error ? error.message : String(error);
    tools.record(pod, 'Warning', 'FailedPostStartHook', 'PostStartHook failed', container);
    const observed = observer.of(record.uid);
    const target = observed.containers.find((one) => one.id === id);
    const graceSeconds = pod.spec.terminationGracePeriodSeconds ?? 30;
    const how = { message: 'FailedPostStartHook', graceSeconds };
    if (target !== undefined) await killContainer(record, observed, target, how, tools, signal);
    throw new StartError('PostStartHookError', message, 0, { cause: error });
  }
}
