import { nodes as nodeResource } from '#lib/api/resources.ts';
import type { Node } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { familyOf, parseCidr } from '#lib/ip.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { createRangeMetrics } from './metrics.ts';
import { Ranges } from './ranges.ts';

/** Gives each node ranges for its pods, one of each of `clusterCidrs`. Once given a range never changes. */
export async function runNodeIpam(
  clusterCidrs: readonly string[],
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { client, informers, events } = context;
  const nodes = informers.get(nodeResource);
  const clusters = clusterCidrs.map((cidr) => new Ranges(parseCidr(cidr)!, familyOf(cidr) === 4 ? 24 : 64));
  const held = new Map<string, readonly string[]>(); // by node: seen, or just given; bounded by the nodes
  const waiting = new Set<string>(); // nodes for which nothing was left
  const counts = createRangeMetrics(context.metrics, new Map(clusters.map((one, i) => [clusterCidrs[i]!, one])));
  const queue = createQueue('node-ipam-controller', context, reconcile, { workers: 1 }); // one at a time: no range twice

  nodes.onChange((now, _before, key) => {
    if (now === undefined) {
      waiting.delete(key);
      hold(key, []);
      for (const name of waiting) queue.add(name);
    } else if (now.spec?.podCIDR) hold(key, rangesOf(now));
    else if (!waiting.has(key)) queue.add(key);
  });
  await runWhenSynced(queue, [nodes], signal);

  function hold(name: string, ranges: readonly string[]): void {
    const before = held.get(name) ?? [];
    if (ranges.join() === before.join()) return;
    for (const cluster of clusters) {
      for (const range of before) cluster.free(range);
      if (before.length > 0) counts.released(cluster);
      for (const range of ranges) cluster.hold(range);
    }
    if (ranges.length === 0) held.delete(name);
    else held.set(name, ranges);
  }

  async function reconcile(name: string, signal: AbortSignal): Promise<undefined> {
    const node = nodes.get(name);
    if (node === undefined || node.spec?.podCIDR || held.has(name)) return;
    const ranges = clusters.flatMap((cluster) => {
      const range = cluster.next();
      if (range !== undefined) counts.given(cluster);
      return range ?? [];
    });
    if (ranges.length < clusters.length) {
      waiting.add(name);
      tell(node, 'CIDRNotAvailable');
      return;
    }
    waiting.delete(name);
    hold(name, ranges);
    try {
      const body = { spec: { podCIDR: ranges[0], podCIDRs: ranges } };
      await client.patch(nodeResource, { name }, { type: 'strategic', body }, signal);
    } catch (error) {
      hold(name, []);
      if (hasReason(error, 'NotFound')) return;
      tell(node, 'CIDRAssignmentFailed');
      throw error;
    }
  }

  function tell(node: Node, reason: 'CIDRNotAvailable' | 'CIDRAssignmentFailed'): void {
    const { name } = node.metadata;
    const about = { ...referenceTo(nodeResource, node), uid: name };
    events.record(about, 'Normal', reason, `Node ${name} status is now: ${reason}`);
  }
}

function rangesOf({ spec }: Node): readonly string[] {
  return spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);
}
