// What has to be done for a pod that should run. Knows no runtime and no clock; who does it plans again afterwards,
// until there is nothing left to do.
import type { Pod, ResourceRequirements } from '#lib/api/types/core.v1.ts';
import { changedResources, wholePod } from '../resize/allocation.ts';
import { containerHash, hashAnnotation } from './annotations.ts';
import { containersOf, type Kind, mayRestart, type PodContainer } from './containers.ts';
import { latestOf, type Observed, type ObservedContainer } from './observed.ts';
import { wholeRestart } from './plan-restart.ts';
import { planSandbox } from './plan-sandbox.ts';
import { grantedTo, type Restart, restartWaitMs } from './restart.ts';

export interface PlanFacts {
  readonly pod: Pod;
  readonly observed: Observed;
  readonly probes: ProbeView;
  /** By container name. */
  readonly restarts: ReadonlyMap<string, Restart>;
  /** By container id, and by `wholePod`: the resources that it runs with, where that is known. */
  readonly actuated?: ReadonlyMap<string, ResourceRequirements>;
  readonly nowMs: number;
}

/** What probes say, by container id. */
export interface ProbeView {
  /** Whether its startup probe has succeeded; true where there is none. */
  isStarted(containerId: string): boolean;
  isReady(containerId: string): boolean;
  /** Which probe wants it killed. */
  failed(containerId: string): 'liveness' | 'startup' | undefined;
}

export type Step =
  /** Stops all containers and the sandbox. */
  | { readonly do: 'stopPod' }
  | { readonly do: 'createSandbox'; readonly attempt: number }
  | {
      readonly do: 'killContainer';
      readonly id: string;
      readonly name: string;
      readonly message: string;
      /** Instead of the pod's, where a probe has its own. */
      readonly graceSeconds?: number;
    }
  | {
      readonly do: 'startContainer';
      readonly name: string;
      readonly kind: Kind;
      readonly attempt: number;
      /** When the one before it ended, if there was one. */
      readonly endedAtMs?: number;
    }
  | { readonly do: 'resizeContainer'; readonly id: string; readonly name: string }
  | { readonly do: 'resizePod' }
  | { readonly do: 'removeContainer'; readonly id: string; readonly name: string };

export interface Plan {
  readonly steps: readonly Step[];
  /** Containers that are held back because they keep ending. */
  readonly waits: readonly Wait[];
}

export interface Wait {
  readonly name: string;
  readonly waitMs: number;
  /** The whole pause, as users are told. */
  readonly delayMs: number;
}

/** Rule: kubelet's computePodActions; Pod Lifecycle, "Init containers", "Sidecar containers". */
export function planPod(facts: PlanFacts): Plan {
  const sandbox = planSandbox(facts.pod, facts.observed);
  if (sandbox.do === 'nothing') return { steps: [], waits: [] };
  const make = makePlan(facts, sandbox.do === 'keep' ? sandbox.id : undefined);
  const steps: Step[] = [];
  if (sandbox.do === 'create') {
    if (sandbox.mustStop) steps.push({ do: 'stopPod' });
    steps.push({ do: 'createSandbox', attempt: sandbox.attempt });
  }
  steps.push(...make.ends);
  make.ephemeral();
  if (make.init()) make.main();
  steps.push(...make.steps, ...make.resizes, ...wholeResize(facts, sandbox.do === 'keep'), ...pruning(facts.observed));
  return { steps, waits: make.waits };
}

/** Last, as no container may be allowed more than its pod: those that shrink have done so, those that grow gave it more. */
function wholeResize({ pod, actuated }: PlanFacts, hasSandbox: boolean): readonly Step[] {
  const isSettled = changedResources(actuated?.get(wholePod), pod.spec.resources).length === 0;
  if (!hasSandbox || actuated === undefined || pod.spec.resources === undefined || isSettled) return [];
  return [{ do: 'resizePod' }];
}

function makePlan(facts: PlanFacts, sandboxId: string | undefined) {
  const { pod, observed, probes, restarts, nowMs } = facts;
  const all = containersOf(pod);
  const steps: Step[] = [];
  const resizes: Step[] = [];
  const waits: Wait[] = [];

  const whole = wholeRestart(pod, observed, sandboxId);

  /** The newest one, if it is of the sandbox that stays, and of the time since all began anew. */
  function current(name: string): ObservedContainer | undefined {
    const latest = latestOf(observed, name);
    return latest === undefined || latest.sandboxId !== sandboxId || whole?.isOld(latest) ? undefined : latest;
  }

  /** Starts it, unless it has ended so often that it must pause. */
  function start({ kind, container }: PodContainer): void {
    const { name } = container;
    const before = latestOf(observed, name);
    const attempt = before === undefined ? 0 : before.attempt + 1;
    const ended = before?.state === 'exited' && before.sandboxId === sandboxId ? before.finishedAtMs : undefined;
    if (ended === undefined) {
      steps.push({ do: 'startContainer', name, kind, attempt });
      return;
    }
    const last = grantedTo(restarts.get(name), containerHash(container));
    const waitMs = restartWaitMs(last, ended, nowMs);
    if (waitMs > 0) waits.push({ name, waitMs, delayMs: last!.delayMs });
    else steps.push({ do: 'startContainer', name, kind, attempt, endedAtMs: ended });
  }

  /** Replaces a running container that must not go on. Whether it had to. */
  function replace(one: PodContainer, running: ObservedContainer): boolean {
    const { name } = one.container;
    const changed = changesOf(one, running, facts);
    const why = reasonToKill(one, running, probes, changed);
    if (why === undefined) {
      if (changed.length > 0) resizes.push({ do: 'resizeContainer', id: running.id, name });
      return false;
    }
    const restarts = why.always || mayRestart(pod, one, 1);
    const message = restarts ? `${why.message}, will be restarted` : why.message;
    const { graceSeconds } = why;
    const grace = graceSeconds === undefined ? {} : { graceSeconds };
    steps.push({ do: 'killContainer', id: running.id, name, message, ...grace });
    // Otherwise the next plan finds it ended, and starts it again after the due pause, if at all.
    if (why.always) steps.push({ do: 'startContainer', name, kind: one.kind, attempt: running.attempt + 1 });
    return true;
  }

  /** Whether this one is as it should be; otherwise what has to be done is planned. */
  function settle(one: PodContainer): 'running' | 'ended' | 'planned' {
    const now = current(one.container.name);
    if (now === undefined || now.state === 'created' || now.state === 'unknown') {
      const { name } = one.container;
      if (now !== undefined) {
        steps.push({
          do: 'killContainer',
          id: now.id,
          name,
          message: `Container is in ${now.state} state, try killing it before restart`,
        });
      }
      start(one);
      return 'planned';
    }
    if (now.state === 'running') return replace(one, now) ? 'planned' : 'running';
    if (!mayRestart(pod, one, now.exitCode)) return 'ended';
    start(one);
    return 'planned';
  }

  return {
    ends: (whole?.left ?? []).map(({ id, name }): Step => {
      const message = `Container ${whole!.because.name} exited, all containers will be restarted`;
      return { do: 'killContainer', id, name, message, graceSeconds: 0 };
    }),
    steps,
    resizes,
    waits,
    ephemeral(): void {
      if (sandboxId === undefined) return;
      for (const one of all)
        if (one.kind === 'ephemeral' && latestOf(observed, one.container.name) === undefined) start(one);
    },
    /** Whether the main containers may run. */
    init(): boolean {
      const ofInit = all.filter(({ kind }) => kind === 'init' || kind === 'sidecar');
      const isInitialised = all.some(({ kind, container }) => {
        const state = kind === 'main' ? current(container.name)?.state : undefined;
        return state === 'running' || state === 'exited';
      });
      if (isInitialised) {
        for (const one of ofInit) if (one.kind === 'sidecar') settle(one);
        return true;
      }
      for (const one of ofInit) {
        const now = current(one.container.name);
        const outcome = settle(one);
        if (one.kind === 'init' && outcome === 'ended' && now?.exitCode === 0) continue;
        if (one.kind === 'sidecar' && outcome === 'running' && probes.isStarted(now!.id)) continue;
        return false;
      }
      return true;
    },
    main(): void {
      for (const one of all) if (one.kind === 'main') settle(one);
    },
  };
}

/** The resources that a running container was granted since it was told. */
function changesOf({ container, kind }: PodContainer, { id }: ObservedContainer, { actuated }: PlanFacts) {
  const now = actuated?.get(id);
  return now === undefined || kind === 'init' ? [] : changedResources(now, container.resources);
}

function reasonToKill(
  { container }: PodContainer,
  running: ObservedContainer,
  probes: ProbeView,
  changed: readonly string[],
): { readonly message: string; readonly always: boolean; readonly graceSeconds?: number | undefined } | undefined {
  const { name } = container;
  if (running.annotations[hashAnnotation] !== containerHash(container)) {
    return { message: `Container ${name} definition changed`, always: true };
  }
  const mustRestart = container.resizePolicy?.some(
    ({ resourceName, restartPolicy }) => restartPolicy === 'RestartContainer' && changed.includes(resourceName),
  );
  if (mustRestart) return { message: `Container ${name} resize requires restart`, always: true };
  const probe = probes.failed(running.id);
  if (probe === undefined) return undefined;
  const { terminationGracePeriodSeconds: graceSeconds } = container[`${probe}Probe`] ?? {};
  return { message: `Container ${name} failed ${probe} probe`, always: false, graceSeconds };
}

/** Of each name the newest container stays, and the one before it: its log and its end are still asked for. */
function pruning({ containers }: Observed): readonly Step[] {
  const seen = new Map<string, number>();
  const steps: Step[] = [];
  for (const { id, name, state } of containers) {
    const newer = seen.get(name) ?? 0;
    seen.set(name, newer + 1);
    if (newer >= 2 && state === 'exited') steps.push({ do: 'removeContainer', id, name });
  }
  return steps;
}
