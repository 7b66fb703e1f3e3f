/**
 *   syncing ──kill──▶ terminating ──stopped──▶ terminated ──freed──▶ finished
 * Never back for the same uid. Rule: kubelet pod workers; Pod Lifecycle, "Termination of Pods".
 */
export type Stage = 'syncing' | 'terminating' | 'terminated' | 'finished';

export interface Kill {
  readonly atMs: number;
  readonly graceSeconds: number;
}

export interface PodFacts {
  readonly kill?: Kill;
  /** No container of it can run any more. */
  readonly stoppedAtMs?: number;
  /** Volumes and cgroups are done with. */
  readonly freedAtMs?: number;
}

export function stageOf({ kill, stoppedAtMs, freedAtMs }: PodFacts): Stage {
  if (freedAtMs !== undefined) return 'finished';
  if (stoppedAtMs !== undefined) return 'terminated';
  return kill === undefined ? 'syncing' : 'terminating';
}

/** A further kill may shorten the grace period; it never lengthens it nor moves its start. */
export function withKill(facts: PodFacts, kill: Kill): PodFacts {
  if (facts.kill === undefined) return { ...facts, kill };
  return { ...facts, kill: { ...facts.kill, graceSeconds: Math.min(facts.kill.graceSeconds, kill.graceSeconds) } };
}
