import type { LeaseSpec } from '#lib/api/types/coordination.v1.ts';

/** How long who leads may be silent, how long it tries to say that it is there before it steps down, how often everybody tries. */
export interface ElectionTimes {
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly retryMs: number;
}

/** Rule: component-base's LeaderElectionConfiguration. */
export const standardTimes: ElectionTimes = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 };

/** What the Lease said, and when this process first saw it say so: clocks of other machines do not count. */
export interface Observed {
  readonly spec: LeaseSpec;
  readonly atMs: number;
}

/**
 * What to write into the Lease to lead, or to go on leading; undefined while another one holds it.
 * Rule: client-go's leader election.
 */
export function planLease(
  observed: Observed | undefined,
  { identity, leaseMs, nowMs }: { readonly identity: string; readonly leaseMs: number; readonly nowMs: number },
): LeaseSpec | undefined {
  const time = microTime(nowMs);
  const held = { holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000), renewTime: time };
  if (observed === undefined) return { ...held, acquireTime: time, leaseTransitions: 0 };
  const { spec, atMs } = observed;
  const { leaseTransitions = 0 } = spec;
  if (spec.holderIdentity === identity) {
    return { ...spec, ...held, acquireTime: spec.acquireTime ?? time, leaseTransitions };
  }
  const isHeld = Boolean(spec.holderIdentity) && nowMs < atMs + (spec.leaseDurationSeconds ?? 0) * 1000;
  return isHeld ? undefined : { ...held, acquireTime: time, leaseTransitions: leaseTransitions + 1 };
}

/** The Lease of one who steps down: the next one need not wait. */
export function planRelease(spec: LeaseSpec, nowMs: number): LeaseSpec {
  const time = microTime(nowMs);
  const { leaseTransitions = 0 } = spec;
  return { holderIdentity: '', leaseDurationSeconds: 1, renewTime: time, acquireTime: time, leaseTransitions };
}

/** Whether two readings say the same: then the holder gave no new sign of life. */
export function saysTheSame(a: LeaseSpec, b: LeaseSpec): boolean {
  return (
    a.holderIdentity === b.holderIdentity &&
    a.renewTime === b.renewTime &&
    a.acquireTime === b.acquireTime &&
    a.leaseTransitions === b.leaseTransitions
  );
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
