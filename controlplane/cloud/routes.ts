import { nodes as nodeResource } from '#lib/api/resources.ts';
import type { ControllerContext } from '../controllers/shared/context.ts';
import { planRoutes } from './plan-routes.ts';
import type { Routes } from './provider.ts';

/** Keeps a route to the pods of each node, and none to those of others. */
export async function runCloudRoutes(
  routes: Routes,
  clusterCidrs: readonly string[],
  { informers, clock, log }: ControllerContext,
  signal: AbortSignal,
  everyMs = 10_000,
): Promise<void> {
  const nodes = informers.get(nodeResource);
  await nodes.synced;
  while (!signal.aborted) {
    try {
      const { create, remove } = planRoutes([...nodes.list()], await routes.list(signal), clusterCidrs);
      for (const route of remove) await routes.remove(route, signal);
      for (const route of create) await routes.create(route, signal);
    } catch (error) {
      if (!signal.aborted) log.warn('Could not bring routes into line', { err: error });
    }
    await clock.sleep(everyMs, signal).catch(() => {});
  }
}
