import type { SandboxStatus } from '#cri/runtime.ts';
import { assertNever } from '#lib/errors.ts';
import { wholePod } from '../resize/allocation.ts';
import { resizeContainer, resizePod } from '../resize/resize-container.ts';
import type { PreparedVolumes } from '../volumes/volumes.ts';
import { afterStart } from './after-start.ts';
import { containerHash } from './annotations.ts';
import { clearContainer } from './clear.ts';
import { containerNamed, type Kind } from './containers.ts';
import { killContainer, killPod } from './kill.ts';
import type { NodeTools } from './node-facts.ts';
import { isLive, latestOf } from './observed.ts';
import type { Step } from './plan.ts';
import type { PodRecord } from './pod-record.ts';
import { grantedTo, nextRestart } from './restart.ts';
import { runSandbox } from './run-sandbox.ts';
import { startContainer } from './start-container.ts';
import { StartError } from './start-error.ts';

export interface Outcome {
  /** When to try again what failed; absent if nothing did. */
  readonly againMs?: number;
}

/**
 * Does `steps` in order. A container that cannot be started keeps no other main container from starting: why it could not
 * is noted in the record. Anything else that fails ends it: the next reconcile plans anew.
 */
export async function execute(
  steps: readonly Step[],
  record: PodRecord,
  tools: NodeTools,
  signal: AbortSignal,
): Promise<Outcome> {
  const { observer, clock } = tools;
  const mustStart = steps.some((step) => step.do === 'startContainer');
  // Volumes and sandbox do not need each other: both are begun at once.
  const volumes = mustStart ? prepareVolumes(record, tools, signal) : undefined;
  volumes?.catch(() => {}); // awaited below, unless an earlier step fails
  if (steps.some((step) => step.do === 'createSandbox')) foreseeImages(steps, record, tools, signal);
  let sandbox: SandboxStatus | undefined = observer.of(record.uid).sandboxes[0];
  let againMs: number | undefined;
  for (const step of steps) {
    signal.throwIfAborted();
    switch (step.do) {
      case 'stopPod': {
        tools.record(record.pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
        const grace = record.pod.spec.terminationGracePeriodSeconds ?? 30;
        await killPod(record, observer.of(record.uid), clock.now() + grace * 1000, tools, signal);
        break;
      }
      case 'createSandbox':
        sandbox = await makeSandbox(record.pod, step.attempt, tools, signal);
        if (record.pod.spec.resources !== undefined) record.actuated.set(wholePod, record.pod.spec.resources);
        break;
      case 'killContainer': {
        const observed = observer.of(record.uid);
        const target = observed.containers.find(({ id }) => id === step.id);
        const { graceSeconds = record.pod.spec.terminationGracePeriodSeconds ?? 30 } = step;
        if (target !== undefined && isLive(target)) {
          await killContainer(record, observed, target, { message: step.message, graceSeconds }, tools, signal);
        }
        break;
      }
      case 'startContainer': {
        const failed = await tryStart(step, volumes!, sandbox!, record, tools, signal);
        if (failed !== undefined) againMs = Math.min(againMs ?? Number.POSITIVE_INFINITY, failed.againMs);
        break;
      }
      case 'resizeContainer':
      case 'resizePod': {
        try {
          if (step.do === 'resizePod') await resizePod(record, tools, signal);
          else await resizeContainer(record, step, tools, signal);
          delete record.resizeError;
        } catch (error) {
          signal.throwIfAborted();
          record.resizeError = error instanceof Error ? error.message : String(error);
          tools.record(record.pod, 'Warning', 'ResizeError', `Pod resize error: ${record.resizeError}`);
          againMs = Math.min(againMs ?? Number.POSITIVE_INFINITY, resizeAgainMs);
        }
        break;
      }
      case 'removeContainer': {
        const target = observer.of(record.uid).containers.find(({ id }) => id === step.id);
        record.actuated.delete(step.id);
        if (target !== undefined) await clearContainer(record.pod, target, tools, signal);
        await observer.refresh(record.uid, signal);
        break;
      }
      default:
        assertNever(step, 'step');
    }
  }
  return againMs === undefined ? {} : { againMs };
}

const resizeAgainMs = 10_000;

async function makeSandbox(...words: Parameters<typeof runSandbox>): Promise<SandboxStatus> {
  const [, , { metrics }] = words;
  const make = () => runSandbox(...words);
  return await (metrics === undefined ? make() : metrics.sandbox(make));
}

function kindOf({ pod }: PodRecord, name: string): Kind {
  return containerNamed(pod, name)?.kind ?? 'main';
}

/** While the sandbox is made there is time to ask for the images of those that start in it. */
function foreseeImages(steps: readonly Step[], { pod }: PodRecord, tools: NodeTools, signal: AbortSignal): void {
  for (const step of steps) {
    const found = step.do === 'startContainer' ? containerNamed(pod, step.name) : undefined;
    if (found !== undefined) tools.puller.foresee(found.container, signal);
  }
}

async function prepareVolumes(record: PodRecord, tools: NodeTools, signal: AbortSignal): Promise<PreparedVolumes> {
  try {
    return await tools.volumes.prepare(record.pod, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StartError) throw error; // its Event has been sent
    const message = error instanceof Error ? error.message : String(error);
    tools.record(record.pod, 'Warning', 'FailedMount', message);
    throw error;
  }
}

async function tryStart(
  { name, attempt, endedAtMs }: Extract<Step, { do: 'startContainer' }>,
  prepared: Promise<PreparedVolumes>,
  sandbox: SandboxStatus,
  record: PodRecord,
  tools: NodeTools,
  signal: AbortSignal,
): Promise<StartError | undefined> {
  try {
    const volumes = await prepared;
    record.failures = 0;
    const nowMs = tools.clock.now();
    if (endedAtMs !== undefined) {
      const hash = containerHash(containerNamed(record.pod, name)!.container);
      const last = grantedTo(record.restarts.get(name), hash);
      record.restarts.set(name, { ...nextRestart(last, endedAtMs, nowMs, tools.longestRestartMs), hash });
    }
    tools.metrics?.starting(kindOf(record, name));
    const id = await startContainer({ pod: record.pod, name, attempt, sandbox, volumes }, tools, signal);
    await afterStart(record, { name, id, sandbox }, tools, signal);
    record.waiting.delete(name);
    const started = latestOf(tools.observer.of(record.uid), name);
    const resources = containerNamed(record.pod, name)?.container.resources;
    if (started !== undefined) record.actuated.set(started.id, resources ?? {});
    return undefined;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    tools.metrics?.notStarted(kindOf(record, name), error.reason);
    record.waiting.set(name, { reason: error.reason, message: error.message });
    return error;
  }
}
