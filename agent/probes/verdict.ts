import { assertNever } from '#lib/errors.ts';

// What a row of probe results says of a container. Pure. Rule: Configure Liveness, Readiness and Startup Probes.

export type ProbeKind = 'startup' | 'readiness' | 'liveness';

/** `unknown`: the probe itself could not be made; it says nothing. */
export type ProbeOutcome = 'success' | 'failure' | 'unknown';

export interface Verdict {
  readonly isGood: boolean;
  /** How often in a row the last outcome came. */
  readonly row: number;
  readonly last: ProbeOutcome;
}

/** Before any probe: alive, but neither started nor ready. */
export function firstVerdict(kind: ProbeKind): Verdict {
  return { isGood: kind === 'liveness', row: 0, last: 'unknown' };
}

export interface Thresholds {
  readonly successThreshold?: number | undefined;
  readonly failureThreshold?: number | undefined;
}

/** A verdict changes only after as many equal outcomes in a row as the threshold asks for. */
export function nextVerdict(verdict: Verdict, outcome: ProbeOutcome, thresholds: Thresholds): Verdict {
  if (outcome === 'unknown') return verdict;
  const row = verdict.last === outcome ? verdict.row + 1 : 1;
  const needed =
    (outcome === 'success' ? thresholds.successThreshold : thresholds.failureThreshold) ?? defaults[outcome];
  return { isGood: row >= needed ? outcome === 'success' : verdict.isGood, row, last: outcome };
}
const defaults = { success: 1, failure: 3 };

/** Whether enough failures came in a row that the container is to be killed. */
export function hasGivenUp(
  kind: ProbeKind,
  verdict: Verdict,
  { failureThreshold = defaults.failure }: Thresholds,
): boolean {
  switch (kind) {
    case 'readiness':
      return false;
    case 'startup':
    case 'liveness':
      return verdict.last === 'failure' && verdict.row >= failureThreshold;
    default:
      return assertNever(kind, 'probe kind');
  }
}
