import { amountsOf, podRequests } from '#lib/api/scheduling/requests.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import { shortageFor } from '../admission/fit.ts';
import { isStatic } from '../static/annotations.ts';

/** Why a resize is not granted: not now, or never on this node. */
export interface Pending {
  readonly reason: 'Deferred' | 'Infeasible';
  readonly message: string;
}

/** Whether a running pod may have what it asks for now, beside `others`. Rule: "Resize CPU and Memory Resources". */
export function judgeResize(
  wanted: Pod,
  others: readonly Pod[],
  allocatable: Readonly<Record<string, string>>,
): Pending | undefined {
  if (isStatic(wanted)) {
    return { reason: 'Infeasible', message: 'In-place resize of static-pods is not supported' };
  }
  const [asks, has] = [podRequests(wanted), amountsOf(allocatable)];
  for (const resource of ['cpu', 'memory']) {
    const [requested, capacity] = [asks[resource] ?? 0, has[resource] ?? 0];
    if (requested <= capacity) continue;
    const amounts = `requested: ${requested}, capacity: ${capacity}`;
    return { reason: 'Infeasible', message: `Node didn't have enough capacity: ${resource}, ${amounts}` };
  }
  const short = shortageFor(wanted, others, allocatable);
  if (short === undefined) return undefined;
  const { resource, requested, used, capacity } = short;
  const amounts = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  return { reason: 'Deferred', message: `Node didn't have enough resource: ${resource}, ${amounts}` };
}
