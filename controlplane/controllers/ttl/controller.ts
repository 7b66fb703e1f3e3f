import { nodes as nodeResource } from '#lib/api/resources.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { ttlFor } from './plan.ts';

const annotation = 'node.alpha.kubernetes.io/ttl';

/** Tells each node for how long it may keep what it has read: longer the more nodes there are. */
export async function runTtl(context: ControllerContext, signal: AbortSignal): Promise<void> {
  const { client, informers } = context;
  const nodes = informers.get(nodeResource);
  const queue = createQueue('ttl-controller', context, reconcile);
  let count = 0;
  let seconds = 0;
  nodes.onChange((now, before, key) => {
    if (now === undefined) count--;
    else if (before === undefined) count++;
    const wanted = ttlFor(count, seconds);
    if (wanted !== seconds) {
      seconds = wanted;
      for (const { metadata } of nodes.list()) queue.add(metadata.name);
    }
    if (now !== undefined && now.metadata.annotations?.[annotation] !== String(seconds)) queue.add(key);
  });
  await runWhenSynced(queue, [nodes], signal);

  async function reconcile(name: string, signal: AbortSignal): Promise<undefined> {
    const node = nodes.get(name);
    if (node === undefined || node.metadata.annotations?.[annotation] === String(seconds)) return;
    const body = { metadata: { annotations: { [annotation]: String(seconds) } } };
    await client.patch(nodeResource, { name }, { type: 'strategic', body }, signal);
  }
}
