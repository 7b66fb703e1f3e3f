import type { Deployment } from '#lib/api/types/apps.v1.ts';
import { scaledValue } from '../shared/int-or-percent.ts';

export interface Limits {
  readonly desired: number;
  readonly isRolling: boolean;
  readonly surge: number;
  readonly unavailable: number;
}

/** How many pods there may be above, and may be missing below, what is desired. Rule: deployment util ResolveFenceposts. */
export function limitsOf({ spec }: Deployment): Limits {
  const desired = spec?.replicas ?? 1;
  const isRolling = spec?.strategy?.type !== 'Recreate';
  if (!isRolling) return { desired, isRolling, surge: 0, unavailable: 0 };
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec?.strategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge, desired, 'up');
  const most = scaledValue(maxUnavailable, desired, 'down');
  // Both zero would stand still.
  const unavailable = surge === 0 && most === 0 ? 1 : most;
  return { desired, isRolling, surge, unavailable: Math.min(unavailable, desired) };
}
