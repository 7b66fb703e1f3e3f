// What the agent would do next for a pod, without doing it: `skiff agent plan`.
import { readFile } from 'node:fs/promises';
import { openCri } from '#cri/containerd.ts';
import type { Runtime } from '#cri/runtime.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { withAllocation } from '../resize/allocation.ts';
import { parseSaved, type Saved } from './checkpoint.ts';
import { isLive, type Observed } from './observed.ts';
import { createObserver } from './observer.ts';
import { type Plan, type ProbeView, planPod } from './plan.ts';

export interface PrintPlanFacts {
  /** As the API has it. */
  readonly pod: Pod;
  readonly runtimeEndpoint: string;
  readonly rootDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** One line for each step; a word about why there is none. */
export async function printPlan(facts: PrintPlanFacts, signal: AbortSignal): Promise<string> {
  const cri = await openCri(facts.runtimeEndpoint, facts.clock);
  try {
    return await planBy(cri.runtime, facts, signal);
  } finally {
    cri.close();
  }
}

async function planBy(runtime: Runtime, facts: PrintPlanFacts, signal: AbortSignal): Promise<string> {
  const { pod, rootDir, clock, log } = facts;
  const uid = pod.metadata.annotations?.['kubernetes.io/config.mirror'] ?? pod.metadata.uid ?? '';
  const observer = createObserver({
    runtime,
    lastWords: async () => '',
    onChange() {},
    isBusy: () => false,
    clock,
    log,
  });
  const observed = await observer.refresh(uid, signal);
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp !== undefined || status.phase === 'Failed' || status.phase === 'Succeeded') {
    return lines(ending(observed));
  }
  const saved = parseSaved(await readFile(`${rootDir}/checkpoints/${uid}.json`, 'utf8').catch(() => ''));
  return lines(words(planOf(pod, observed, saved, clock.now())));
}

function planOf(pod: Pod, observed: Observed, saved: Saved | undefined, nowMs: number): Plan {
  return planPod({
    pod: saved === undefined ? pod : withAllocation(pod, saved.allocation),
    observed,
    probes: told(pod),
    restarts: new Map(Object.entries(saved?.restarts ?? {})),
    actuated: new Map(Object.entries(saved?.actuated ?? {})),
    nowMs,
  });
}

/** What probes said last, as far as the API was told. */
function told({ status }: Pod): ProbeView {
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  const of = (id: string) => all.find(({ containerID }) => containerID === `containerd://${id}`);
  return {
    isStarted: (id) => of(id)?.started ?? false,
    isReady: (id) => of(id)?.ready ?? false,
    failed: () => undefined,
  };
}

function words({ steps, waits }: Plan): readonly string[] {
  return [
    ...steps.map(({ do: what, ...rest }) =>
      [what, ...Object.entries(rest).map(([key, value]) => `${key}=${value}`)].join('  '),
    ),
    ...waits.map(({ name, waitMs }) => `wait  name=${name}  seconds=${Math.ceil(waitMs / 1000)}`),
  ];
}

function ending({ containers, sandboxes }: Observed): readonly string[] {
  return [
    ...containers.filter(isLive).map(({ id, name }) => `killContainer  id=${id}  name=${name}`),
    ...sandboxes.filter(({ isReady }) => isReady).map(({ id }) => `stopSandbox  id=${id}`),
  ];
}

function lines(all: readonly string[]): string {
  return all.length === 0 ? 'Nothing has to be done\n' : `${all.join('\n')}\n`;
}
