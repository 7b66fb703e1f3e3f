import { isSame } from '#lib/api/kinds/equal.ts';
import { clusterRoles } from '#lib/api/resources.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { aggregatedRules } from './plan.ts';

/** Writes into each ClusterRole with an aggregation rule the rules of those that it selects. */
export async function runClusterRoleAggregation(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers } = context;
  const roles = informers.get(clusterRoles);
  const queue = createQueue('clusterrole-aggregation-controller', context, reconcile);
  roles.onChange(() => {
    // Any role may be part of any other; those that collect are few.
    for (const { metadata, aggregationRule } of roles.list()) if (aggregationRule) queue.add(metadata.name);
  });
  await runWhenSynced(queue, [roles], signal);

  async function reconcile(name: string, signal: AbortSignal): Promise<undefined> {
    const role = roles.get(name);
    if (role?.aggregationRule === undefined) return;
    const rules = aggregatedRules(role, roles.list());
    if (!isSame(rules, role.rules)) await client.update(clusterRoles, { ...role, rules }, signal);
  }
}
