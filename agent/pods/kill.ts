import type { Container, Pod } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import { preStopAnnotation } from './annotations.ts';
import { containerNamed, type Kind } from './containers.ts';
import { runHook } from './hooks.ts';
import type { NodeTools } from './node-facts.ts';
import { isLive, type Observed, type ObservedContainer } from './observed.ts';
import type { PodRecord } from './pod-record.ts';

/** How one container is ended. */
export interface End {
  readonly message: string;
  readonly graceSeconds: number;
  /** Settles when those have ended that must end before it. */
  readonly turn?: Promise<unknown>;
}

/**
 * Ends one container: preStop hook, its turn, its stop signal, and after what is left of the grace period the kill.
 * Rule: "Container Lifecycle Hooks": the hook takes of the grace period; at least 2 s are left for the rest.
 */
export async function killContainer(
  record: PodRecord,
  observed: Observed,
  target: ObservedContainer,
  { message, graceSeconds, turn }: End,
  tools: NodeTools,
  signal: AbortSignal,
): Promise<void> {
  const { pod } = record;
  const { cri, observer, clock } = tools;
  const container = containerNamed(pod, target.name)?.container ?? rebuilt(target);
  const untilMs = clock.now() + graceSeconds * 1000;
  const isNew = !record.stopped.has(target.id);
  if (isNew) tools.record(pod, 'Normal', 'Killing', message, container);
  const hook = isNew && graceSeconds > 0 && target.state === 'running' ? container.lifecycle?.preStop : undefined;
  if (hook !== undefined) {
    const podIp = pod.spec.hostNetwork ? (tools.hostIPs[0] ?? '') : (observed.sandboxes[0]?.ips[0] ?? '');
    const about = { pod, container, containerId: target.id, podIp };
    const run = (life: AbortSignal) =>
      runHook(hook, about, { runtime: cri.runtime, clock, record: tools.record }, life).catch((error) => {
        signal.throwIfAborted();
        tools.log.debug('A hook failed', { containerID: target.id, err: error });
        tools.record(pod, 'Warning', 'FailedPreStopHook', 'PreStopHook failed', container);
      });
    await within(untilMs, run, clock, signal);
  }
  record.stopped.add(target.id);
  if (turn !== undefined) await within(untilMs, () => turn, clock, signal);
  const spent = hook !== undefined || turn !== undefined;
  const leftSeconds = spent ? Math.max(Math.ceil((untilMs - clock.now()) / 1000), leastSeconds) : graceSeconds;
  await cri.runtime.stopContainer(target.id, leftSeconds, signal);
  await observer.noteContainer(target.sandboxId, target.id, signal).catch((error) => {
    signal.throwIfAborted();
    tools.log.debug('Could not read a stopped container', { containerID: target.id, err: error });
  });
}

/** Waits for what `run` does, until it is time to go on without: then what it was given is aborted. */
async function within(
  untilMs: number,
  run: (life: AbortSignal) => Promise<unknown>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const life = AbortSignal.any([signal, over.signal]);
  const late = clock.sleep(Math.max(0, untilMs - clock.now()), life).then(
    () => over.abort(new Error('the grace period is over')),
    () => {},
  );
  try {
    await Promise.race([run(life), late]);
    signal.throwIfAborted();
  } finally {
    over.abort();
    await late;
  }
}
const leastSeconds = 2;

/** What labels and annotations say of a container whose pod is no longer known. */
function rebuilt({ name, annotations }: ObservedContainer): Container {
  const preStop = annotations[preStopAnnotation];
  return { name, ...(preStop === undefined ? {} : { lifecycle: { preStop: JSON.parse(preStop) } }) };
}

/**
 * Ends all containers of a pod, and its sandboxes. All preStop hooks run at once; the signal comes to sidecars after the
 * others have ended, in the opposite order of their start. Who is out of time waits for nobody.
 * Rule: "Sidecar Containers", "Termination of sidecar containers"; KEP-753.
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
  const graceSeconds = Math.max(0, Math.ceil((graceUntilMs - clock.now()) / 1000));
  const end = (target: ObservedContainer, turn?: Promise<unknown>) => {
    const message = `Stopping container ${target.name}`;
    const how = { message, graceSeconds, ...(turn === undefined ? {} : { turn }) };
    return killContainer(record, observed, target, how, tools, signal);
  };
  const isSidecar = ({ name }: ObservedContainer) => kindOf(record.pod, name) === 'sidecar';
  const order = (record.pod.spec.initContainers ?? []).map(({ name }) => name);
  const sidecars = live.filter(isSidecar).sort((a, b) => order.indexOf(b.name) - order.indexOf(a.name));
  const ends: Promise<unknown>[] = [Promise.all(live.filter((one) => !isSidecar(one)).map((one) => end(one)))];
  for (const sidecar of sidecars) {
    const turn = Promise.all(ends);
    turn.catch(() => {}); // whoever fails is heard of below
    ends.push(end(sidecar, turn));
  }
  await Promise.all(ends);
  for (const { id, isReady } of observed.sandboxes) if (isReady) await cri.runtime.stopSandbox(id, signal);
  await observer.refresh(record.uid, signal);
}

function kindOf(pod: Pod, name: string): Kind {
  return containerNamed(pod, name)?.kind ?? 'main';
}
