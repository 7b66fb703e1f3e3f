import { createHash } from 'node:crypto';
import type { Container, Pod, Probe } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { type CheckResult, check, type ExecInContainer } from './check.ts';
import { firstVerdict, hasGivenUp, nextVerdict, type ProbeKind, type Verdict } from './verdict.ts';

export interface ProbesOptions {
  readonly exec: ExecInContainer;
  readonly clock: Clock;
  readonly log: Log;
  /** A verdict changed: the pod's worker has something to do. */
  onChange(podUid: string): void;
  /** One probe was made. */
  onResult(pod: Pod, container: Container, kind: ProbeKind, result: CheckResult, ms: number): void;
}

/** What is known of a running container that probes need. */
export interface ProbedContainer {
  readonly name: string;
  readonly id: string;
  readonly startedAtMs: number;
}

/** Probes of all containers on this node: one loop for each probe of each running container. */
export interface Probes {
  /** Probes exactly these containers of the pod from now on; new ids start anew, others end. */
  sync(pod: Pod, podIp: string | undefined, running: readonly ProbedContainer[]): void;
  remove(podUid: string): void;
  /** Whether the startup probe has succeeded; true where there is none. */
  isStarted(containerId: string): boolean;
  isReady(containerId: string): boolean;
  /** Which probe wants the container killed. */
  failed(containerId: string): 'liveness' | 'startup' | undefined;
  /** Takes over what was known before this process started, so that a restart makes nothing NotReady. */
  restore(known: ReadonlyMap<string, { readonly isStarted: boolean; readonly isReady: boolean }>): void;
}

export function createProbes(options: ProbesOptions, life: AbortSignal): Probes {
  const { clock, log } = options;
  const containers = new Map<string, Probed>(); // by container id: bounded by what runs
  const restored = new Map<string, { readonly isStarted: boolean; readonly isReady: boolean }>();

  function start(pod: Pod, podIp: string, container: Container, running: ProbedContainer): void {
    const known = restored.get(running.id);
    restored.delete(running.id);
    const end = new AbortController();
    const signal = AbortSignal.any([life, end.signal]);
    const probed: Probed = {
      podUid: pod.metadata.uid ?? '',
      pod,
      podIp,
      container,
      running,
      end,
      verdicts: new Map(),
      over: undefined,
    };
    containers.set(running.id, probed);
    for (const kind of ['startup', 'readiness', 'liveness'] as const) {
      const probe = probeOf(container, kind);
      if (probe === undefined) continue;
      const first = firstVerdict(kind);
      const isGood = kind === 'liveness' || (kind === 'startup' ? known?.isStarted : known?.isReady) || first.isGood;
      probed.verdicts.set(kind, { ...first, isGood });
      loop(probed, kind, probe, known !== undefined, signal).catch((error) => {
        if (!signal.aborted) log.error('Probe ended', { container: container.name, probe: kind, err: error });
      });
    }
  }

  async function loop(
    probed: Probed,
    kind: ProbeKind,
    probe: Probe,
    isResumed: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const dueMs = probed.running.startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000;
    // After a restart of the agent all probes would be made at once: each takes its own moment within its period.
    const spreadMs = isResumed ? spread(`${probed.running.id}${kind}`) * periodMs : 0;
    await clock.sleep(Math.max(0, dueMs - clock.now(), spreadMs), signal);
    for (;;) {
      if (mayRun(probed, kind)) await once(probed, kind, probe, signal);
      if (kind === 'startup' && probed.verdicts.get(kind)!.isGood) return;
      if (probed.over !== undefined) return; // it is about to be killed
      await clock.sleep(mayRun(probed, kind) ? periodMs : Math.min(periodMs, waitForStartupMs), signal);
    }
  }

  async function once(probed: Probed, kind: ProbeKind, probe: Probe, signal: AbortSignal): Promise<void> {
    const { container, running, podIp, podUid } = probed;
    const beganMs = clock.now();
    const result = await check(probe, { container, containerId: running.id, podIp }, options.exec, signal);
    const { outcome } = result;
    const before = probed.verdicts.get(kind)!;
    const now = nextVerdict(before, outcome, probe);
    probed.verdicts.set(kind, now);
    options.onResult(probed.pod, container, kind, result, clock.now() - beganMs);
    if (kind !== 'readiness' && hasGivenUp(kind, now, probe) && !isTerminating(probed.pod)) probed.over = kind;
    if (now.isGood !== before.isGood || probed.over === kind) options.onChange(podUid);
  }

  return {
    sync(pod, podIp, running) {
      const uid = pod.metadata.uid ?? '';
      const ids = new Set(running.map(({ id }) => id));
      for (const [id, probed] of containers) {
        if (probed.podUid !== uid) continue;
        if (ids.has(id)) probed.pod = pod;
        else end(containers, id);
      }
      if (podIp === undefined) return;
      const all = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])];
      for (const one of running) {
        const container = all.find(({ name }) => name === one.name);
        if (container !== undefined && !containers.has(one.id) && hasProbe(container))
          start(pod, podIp, container, one);
      }
    },
    remove(podUid) {
      for (const [id, probed] of containers) if (probed.podUid === podUid) end(containers, id);
    },
    isStarted: (id) => containers.get(id)?.verdicts.get('startup')?.isGood ?? restored.get(id)?.isStarted ?? true,
    isReady(id) {
      const verdicts = containers.get(id)?.verdicts;
      if (verdicts === undefined) return restored.get(id)?.isReady ?? true;
      return (verdicts.get('startup')?.isGood ?? true) && (verdicts.get('readiness')?.isGood ?? true);
    },
    failed: (id) => containers.get(id)?.over,
    restore(known) {
      for (const [id, facts] of known) restored.set(id, facts);
    },
  };
}
const waitForStartupMs = 200; // how soon the other probes notice that the startup probe has succeeded

interface Probed {
  readonly podUid: string;
  pod: Pod;
  readonly podIp: string;
  readonly container: Container;
  readonly running: ProbedContainer;
  readonly end: AbortController;
  readonly verdicts: Map<ProbeKind, Verdict>;
  over: 'liveness' | 'startup' | undefined;
}

function end(containers: Map<string, Probed>, id: string): void {
  containers.get(id)?.end.abort();
  containers.delete(id);
}

/** Liveness and readiness wait for the startup probe; a pod that ends is not killed by a probe, but may turn unready. */
function mayRun({ pod, verdicts }: Probed, kind: ProbeKind): boolean {
  if (kind !== 'readiness' && isTerminating(pod)) return false;
  return kind === 'startup' || (verdicts.get('startup')?.isGood ?? true);
}

function isTerminating({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function probeOf(container: Container, kind: ProbeKind): Probe | undefined {
  return { startup: container.startupProbe, readiness: container.readinessProbe, liveness: container.livenessProbe }[
    kind
  ];
}

function hasProbe(container: Container): boolean {
  return [container.startupProbe, container.readinessProbe, container.livenessProbe].some(
    (probe) => probe !== undefined,
  );
}

/** A share between 0 and 1 that is always the same for `text`. */
function spread(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}
