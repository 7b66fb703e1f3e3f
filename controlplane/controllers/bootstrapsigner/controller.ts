import { configMaps } from '#lib/api/resources.ts';
import { clusterInfo } from '#lib/join/cluster-info.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { tokenInformer } from '../shared/tokens.ts';
import { planSignatures } from './plan.ts';

/** Has every good token sign the cluster's public description, so that those who know one can tell that it is genuine. */
export async function runBootstrapSigner(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers, clock } = context;
  const maps = informers.get(configMaps);
  const secrets = tokenInformer(context);
  const key = `${clusterInfo.namespace}/${clusterInfo.name}`;
  const queue = createQueue('bootstrap-signer', context, reconcile, { workers: 1 });
  maps.onChange((now, _before, changed) => {
    if (now !== undefined && changed === key) queue.add(key);
  });
  secrets.onChange(() => queue.add(key));
  await Promise.all([secrets.run(signal), runWhenSynced(queue, [maps, secrets], signal)]);

  async function reconcile(_key: string, signal: AbortSignal): Promise<undefined> {
    const map = maps.get(key);
    if (map === undefined) return;
    const next = planSignatures(map, secrets.list(), clock.now());
    if (next !== undefined) await client.update(configMaps, next, signal);
  }
}
