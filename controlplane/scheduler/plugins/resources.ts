import { type Amounts, nonZeroRequests, podRequests } from '#lib/api/scheduling/requests.ts';
import type { Plugin } from '../plugin.ts';
import { mostScore } from '../plugin.ts';

export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  prepare: (pod) => ({ wanted: podRequests(pod), scored: nonZeroRequests(pod) }),
  filter(_pod, info, prepared) {
    const { wanted } = prepared as Prepared;
    const reasons: string[] = [];
    let isFinal = false;
    if (info.pods.length + 1 > (info.allocatable['pods'] ?? 0)) reasons.push('Too many pods');
    for (const [name, amount] of Object.entries(wanted)) {
      const most = info.allocatable[name] ?? 0;
      if (amount === 0 || amount <= most - (info.requested[name] ?? 0)) continue;
      reasons.push(`Insufficient ${name}`);
      if (amount > most) isFinal = true; // not even an empty node of this kind would do
    }
    return reasons.length === 0 ? undefined : { reasons, isFinal };
  },
  /** LeastAllocated: the share that stays free, CPU and memory alike. */
  score(_pod, info, prepared) {
    const { scored } = prepared as Prepared;
    const free = (['cpu', 'memory'] as const).map((name) => {
      const most = info.allocatable[name] ?? 0;
      const used = info.nonZero[name] + scored[name];
      return most === 0 || used > most ? 0 : ((most - used) * mostScore) / most;
    });
    return Math.trunc((free[0]! + free[1]!) / 2);
  },
};

interface Prepared {
  readonly wanted: Amounts;
  readonly scored: { readonly cpu: number; readonly memory: number };
}

export const balancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  prepare: (pod) => podRequests(pod),
  /** The closer the used shares of CPU and memory are to each other, the better. */
  score(_pod, info, prepared) {
    const wanted = prepared as Amounts;
    const [cpu, memory] = ['cpu', 'memory'].map((name) => {
      const most = info.allocatable[name] ?? 0;
      return most === 0 ? 0 : Math.min(1, ((info.requested[name] ?? 0) + (wanted[name] ?? 0)) / most);
    });
    return Math.trunc((1 - Math.abs(cpu! - memory!) / 2) * mostScore);
  },
};

export const imageLocality: Plugin = {
  name: 'ImageLocality',
  prepare(pod, world) {
    const names = new Set((pod.spec.containers ?? []).map(({ image }) => withTag(image ?? '')));
    const spread = new Map<string, number>();
    for (const { node } of world.nodes) {
      for (const name of imagesOf(node.status.images, names).keys()) spread.set(name, (spread.get(name) ?? 0) + 1);
    }
    return { names, spread, nodeCount: world.nodes.length };
  },
  /** Bytes of the pod's images that are there, less for those on few nodes, between 23 MB and 1000 MB a container. */
  score(pod, { node }, prepared) {
    const { names, spread, nodeCount } = prepared as {
      names: Set<string>;
      spread: Map<string, number>;
      nodeCount: number;
    };
    let bytes = 0;
    for (const [name, size] of imagesOf(node.status.images, names))
      bytes += (size * (spread.get(name) ?? 0)) / nodeCount;
    const most = 1000 * megabyte * (pod.spec.containers?.length ?? 1);
    const clamped = Math.min(Math.max(bytes, 23 * megabyte), most);
    return Math.trunc((mostScore * (clamped - 23 * megabyte)) / (most - 23 * megabyte));
  },
};
const megabyte = 1024 * 1024;

function imagesOf(
  images:
    | readonly { readonly names?: readonly string[] | undefined; readonly sizeBytes?: number | undefined }[]
    | undefined,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { names = [], sizeBytes = 0 } of images ?? []) {
    const name = names.find((one) => wanted.has(one));
    if (name !== undefined) found.set(name, sizeBytes);
  }
  return found;
}

function withTag(image: string): string {
  return image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;
}
