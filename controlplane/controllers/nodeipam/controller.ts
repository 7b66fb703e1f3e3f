import { nodes as nodeResource } from '#lib/api/resources.ts';
import type { Node } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { familyOf, parseCidr } from '#lib/ip.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { nextRange } from './plan.ts';

/** Gives each node ranges for its pods, one of each of `clusterCidrs`. Once given a range never changes. */
export async function runNodeIpam(
  clusterCidrs: readonly string[],
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { client, informers, events } = context;
  const nodes = informers.get(nodeResource);
  const given = new Map<string, readonly string[]>(); // not seen in the informer yet; bounded by the nodes
  const queue = createQueue('node-ipam-controller', context, reconcile, { workers: 1 }); // one at a time: no range twice

  nodes.onChange((now, _before, key) => {
    if (now === undefined || now.spec?.podCIDR) given.delete(key);
    if (now !== undefined && !now.spec?.podCIDR) queue.add(key);
  });
  await runWhenSynced(queue, [nodes], signal);

  async function reconcile(name: string, signal: AbortSignal): Promise<undefined> {
    const node = nodes.get(name);
    if (node === undefined || node.spec?.podCIDR || given.has(name)) return;
    const taken = [...[...nodes.list()].flatMap(rangesOf), ...[...given.values()].flat()];
    const ranges = clusterCidrs.map((cidr) => nextRange(parseCidr(cidr)!, familyOf(cidr) === 4 ? 24 : 64, taken));
    if (!ranges.every((range) => range !== undefined)) {
      const message = `Node ${name} status is now: CIDRNotAvailable`;
      events.record({ ...referenceTo(nodeResource, node), uid: name }, 'Normal', 'CIDRNotAvailable', message);
      return;
    }
    given.set(name, ranges);
    try {
      const body = { spec: { podCIDR: ranges[0], podCIDRs: ranges } };
      await client.patch(nodeResource, { name }, { type: 'strategic', body }, signal);
    } catch (error) {
      given.delete(name);
      if (!hasReason(error, 'NotFound')) throw error;
    }
  }
}

function rangesOf({ spec }: Node): readonly string[] {
  return spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);
}
