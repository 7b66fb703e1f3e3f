import type { Container, Pod } from '#lib/api/types/core.v1.ts';
import { preStopAnnotation } from './annotations.ts';
import { containerNamed, type Kind } from './containers.ts';
import { runHook } from './hooks.ts';
import type { NodeTools } from './node-facts.ts';
import { isLive, type Observed, type ObservedContainer } from './observed.ts';
import type { PodRecord } from './pod-record.ts';

/**
 * Ends one container: preStop hook, its stop signal, and after what is left of the grace period the kill.
 * Rule: "Container Lifecycle Hooks": the hook takes of the grace period; at least 2 s are left for the rest.
 */
export async function killContainer(
  record: PodRecord,
  observed: Observed,
  target: ObservedContainer,
  { message, graceSeconds }: { readonly message: string; readonly graceSeconds: number },
  tools: NodeTools,
  signal: AbortSignal,
): Promise<void> {
  const { pod } = record;
  const { cri, observer, clock } = tools;
  const container = containerNamed(pod, target.name)?.container ?? rebuilt(target);
  const beganMs = clock.now();
  if (!record.stopped.has(target.id)) tools.record(pod, 'Normal', 'Killing', message, container);
  const hook = container.lifecycle?.preStop;
  if (hook !== undefined && graceSeconds > 0 && target.state === 'running' && !record.stopped.has(target.id)) {
    const podIp = pod.spec.hostNetwork ? (tools.hostIPs[0] ?? '') : (observed.sandboxes[0]?.ips[0] ?? '');
    const about = { container, containerId: target.id, podIp };
    const enough = new AbortController();
    const late = clock.sleep(graceSeconds * 1000, AbortSignal.any([signal, enough.signal])).then(
      () => enough.abort(new Error('the grace period is over')),
      () => {},
    );
    const { runtime } = cri;
    await runHook(hook, about, { runtime, clock }, AbortSignal.any([signal, enough.signal])).catch((error) => {
      signal.throwIfAborted();
      const words = error instanceof Error ? error.message : String(error);
      tools.record(pod, 'Warning', 'FailedPreStopHook', `PreStopHook failed: ${words}`, container);
    });
    enough.abort();
    await late;
  }
  record.stopped.add(target.id);
  const spentSeconds = Math.floor((clock.now() - beganMs) / 1000);
  const leftSeconds = hook === undefined ? graceSeconds : Math.max(graceSeconds - spentSeconds, leastSeconds);
  await cri.runtime.stopContainer(target.id, leftSeconds, signal);
  await observer.noteContainer(target.sandboxId, target.id, signal).catch((error) => {
    signal.throwIfAborted();
    tools.log.debug('Could not read a stopped container', { containerID: target.id, err: error });
  });
}
const leastSeconds = 2;

/** What labels and annotations say of a container whose pod is no longer known. */
function rebuilt({ name, annotations }: ObservedContainer): Container {
  const preStop = annotations[preStopAnnotation];
  return { name, ...(preStop === undefined ? {} : { lifecycle: { preStop: JSON.parse(preStop) } }) };
}

/**
 * Ends all containers of a pod, and its sandboxes. Sidecars end after the others, in the opposite order of their start.
 * Rule: "Sidecar Containers", "Termination of sidecar containers".
 */
export async function killPod(
  record: PodRecord,
  observed: Observed,
  graceUntilMs: number,
  tools: NodeTools,
  signal: AbortSignal,
): Promise<void> {
  const { cri, observer, clock } = tools;
  const live = observed.containers.filter(isLive);
  const kinds = new Map(live.map((one) => [one.id, kindOf(record.pod, one.name)]));
  const end = (target: ObservedContainer) => {
    const graceSeconds = Math.max(0, Math.ceil((graceUntilMs - clock.now()) / 1000));
    const message = `Stopping container ${target.name}`;
    return killContainer(record, observed, target, { message, graceSeconds }, tools, signal);
  };
  await Promise.all(live.filter(({ id }) => kinds.get(id) !== 'sidecar').map(end));
  const order = (record.pod.spec.initContainers ?? []).map(({ name }) => name);
  const sidecars = live
    .filter(({ id }) => kinds.get(id) === 'sidecar')
    .sort((a, b) => order.indexOf(b.name) - order.indexOf(a.name));
  for (const sidecar of sidecars) await end(sidecar);
  for (const { id, isReady } of observed.sandboxes) if (isReady) await cri.runtime.stopSandbox(id, signal);
  await observer.refresh(record.uid, signal);
}

function kindOf(pod: Pod, name: string): Kind {
  return containerNamed(pod, name)?.kind ?? 'main';
}
