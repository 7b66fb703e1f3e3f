// The row of a Pod in a Table. Rule: printers/internalversion printPod.
import type { Container, ContainerStateTerminated, ContainerStatus, Pod } from '../../types/core.v1.ts';
import { ageOf, columns } from '../columns.ts';
import { age } from '../duration.ts';

export const podColumns = columns(
  ['Name', 'Ready', 'Status', 'Restarts', '@Age'],
  ['IP', 'Node', 'Nominated Node', 'Readiness Gates'],
);

export function podRow(pod: Pod, nowMs: number): readonly unknown[] {
  const { reason, ready, restarts, lastRestart } = summary(pod);
  const total = (pod.spec?.containers ?? []).length + (pod.spec?.initContainers ?? []).filter(isSidecar).length;
  const restartText =
    restarts !== 0 && lastRestart !== undefined
      ? `${restarts} (${age(new Date(lastRestart).toISOString(), nowMs)} ago)`
      : String(restarts);
  return [
    pod.metadata.name,
    `${ready}/${total}`,
    reason,
    restartText,
    ageOf(pod.metadata, nowMs),
    pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || '<none>',
    pod.spec?.nodeName || '<none>',
    pod.status?.nominatedNodeName || '<none>',
    gates(pod),
  ];
}

/** Tells clients that a pod has ended. */
export function podConditions({ status }: Pod) {
  if (status?.phase !== 'Succeeded' && status?.phase !== 'Failed') return undefined;
  return [{ type: 'Completed', status: 'True', reason: status.phase, message: completed }];
}
const completed = 'The pod has completed.';

interface Restarts {
  restarts: number;
  lastRestart: number | undefined;
}

interface Summary extends Restarts {
  reason: string;
  ready: number;
}

function summary(pod: Pod): Summary {
  const phase: string = pod.status?.phase ?? '';
  const result: Summary = { reason: pod.status?.reason || phase, ready: 0, restarts: 0, lastRestart: undefined };
  const conditions = pod.status?.conditions ?? [];
  if (conditions.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated')) {
    result.reason = 'SchedulingGated';
  }
  const sidecars = { restarts: 0, lastRestart: undefined };
  const isInitializing = readInit(pod, result, sidecars);
  if (!isInitializing || conditions.some(({ type, status }) => type === 'Initialized' && status === 'True')) {
    Object.assign(result, sidecars);
    readContainers(pod, result);
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (pod.status?.reason === 'NodeLost') result.reason = 'Unknown';
    else if (phase !== 'Failed' && phase !== 'Succeeded') result.reason = 'Terminating';
  }
  return result;
}

/** Reads init containers up to the first that is not done; returns whether there is one. */
function readInit({ spec, status }: Pod, result: Summary, sidecars: Restarts): boolean {
  const containers = new Map((spec?.initContainers ?? []).map((container) => [container.name, container]));
  for (const [index, one] of (status?.initContainerStatuses ?? []).entries()) {
    const mayStay = isSidecar(containers.get(one.name));
    count(result, one);
    if (mayStay) count(sidecars, one);
    if (one.state?.terminated?.exitCode === 0) continue;
    if (mayStay && one.started) {
      if (one.ready) result.ready += 1;
      continue;
    }
    result.reason = initReason(one, index, containers.size);
    return true;
  }
  return false;
}

function initReason({ state }: ContainerStatus, index: number, total: number): string {
  if (state?.terminated !== undefined) return `Init:${endText(state.terminated)}`;
  const why = state?.waiting?.reason;
  return why && why !== 'PodInitializing' ? `Init:${why}` : `Init:${index}/${total}`;
}

function readContainers({ status }: Pod, result: Summary): void {
  let isRunning = false;
  for (const one of [...(status?.containerStatuses ?? [])].reverse()) {
    count(result, one);
    const { waiting, terminated, running } = one.state ?? {};
    if (waiting?.reason) result.reason = waiting.reason;
    else if (terminated !== undefined) result.reason = endText(terminated);
    else if (one.ready && running !== undefined) {
      isRunning = true;
      result.ready += 1;
    }
  }
  if (result.reason === 'Completed' && isRunning) {
    const isReady = (status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True');
    result.reason = isReady ? 'Running' : 'NotReady';
  }
}

function endText({ reason, signal, exitCode }: ContainerStateTerminated): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function count(restarts: Restarts, { restartCount, lastState }: ContainerStatus): void {
  restarts.restarts += restartCount ?? 0;
  const ended = lastState?.terminated?.finishedAt;
  if (ended) restarts.lastRestart = Math.max(restarts.lastRestart ?? 0, Date.parse(ended));
}

function isSidecar(container: Container | undefined): boolean {
  return container?.restartPolicy === 'Always';
}

function gates({ spec, status }: Pod): string {
  const asked = spec?.readinessGates ?? [];
  if (asked.length === 0) return '<none>';
  const isMet = (type: string) => (status?.conditions ?? []).some((one) => one.type === type && one.status === 'True');
  return `${asked.filter(({ conditionType }) => isMet(conditionType)).length}/${asked.length}`;
}
