import { type Amounts, add, amountsOf, nonZeroRequests, podRequests } from '#lib/api/scheduling/requests.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';

/** A node as plugins see it. Replaced, never changed, when something on it changes. */
export interface NodeInfo {
  readonly node: Node;
  readonly allocatable: Amounts;
  readonly requested: Amounts;
  readonly nonZero: { readonly cpu: number; readonly memory: number };
  readonly pods: readonly Pod[];
}

/**
 * What is on the nodes, kept by difference. A pod that was given to a node counts there from that moment (`assume`), until
 * the API shows it there, or `forget` takes it back.
 */
export class Snapshot {
  readonly #nodes = new Map<string, NodeInfo>();
  readonly #orphans = new Map<string, Map<string, Pod>>(); // pods of nodes that are not known (yet), by node
  readonly #places = new Map<string, { readonly pod: Pod; readonly node: string }>(); // by uid

  get nodes(): ReadonlyMap<string, NodeInfo> {
    return this.#nodes;
  }

  setNode(node: Node): void {
    const { name } = node.metadata;
    const before = this.#nodes.get(name);
    const allocatable = amountsOf(node.status.allocatable ?? node.status.capacity);
    if (before !== undefined) {
      this.#nodes.set(name, { ...before, node, allocatable });
      return;
    }
    const pods = [...(this.#orphans.get(name)?.values() ?? [])];
    this.#orphans.delete(name);
    this.#nodes.set(name, tally({ node, allocatable, requested: {}, nonZero: { cpu: 0, memory: 0 }, pods: [] }, pods));
  }

  removeNode(name: string): void {
    const before = this.#nodes.get(name);
    this.#nodes.delete(name);
    if (before !== undefined && before.pods.length > 0) {
      this.#orphans.set(name, new Map(before.pods.map((pod) => [pod.metadata.uid ?? '', pod])));
    }
  }

  /** The pod stands on its node, and takes the place of what was known of it. */
  setPod(pod: Pod): void {
    this.removePod(pod.metadata.uid ?? '');
    const name = pod.spec.nodeName;
    if (!name || hasEnded(pod)) return;
    this.#put(pod, name);
  }

  assume(pod: Pod, node: string): void {
    this.removePod(pod.metadata.uid ?? '');
    this.#put({ ...pod, spec: { ...pod.spec, nodeName: node } }, node);
  }

  removePod(uid: string): void {
    const place = this.#places.get(uid);
    if (place === undefined) return;
    this.#places.delete(uid);
    this.#orphans.get(place.node)?.delete(uid);
    const info = this.#nodes.get(place.node);
    if (info === undefined) return;
    const nonZero = nonZeroRequests(place.pod);
    this.#nodes.set(place.node, {
      ...info,
      requested: add(info.requested, podRequests(place.pod), -1),
      nonZero: { cpu: info.nonZero.cpu - nonZero.cpu, memory: info.nonZero.memory - nonZero.memory },
      pods: info.pods.filter((pod) => pod.metadata.uid !== uid),
    });
  }

  #put(pod: Pod, node: string): void {
    const uid = pod.metadata.uid ?? '';
    this.#places.set(uid, { pod, node });
    const info = this.#nodes.get(node);
    if (info !== undefined) {
      this.#nodes.set(node, tally(info, [pod]));
      return;
    }
    const orphans = this.#orphans.get(node) ?? new Map<string, Pod>();
    this.#orphans.set(node, orphans.set(uid, pod));
  }
}

function tally(info: NodeInfo, pods: readonly Pod[]): NodeInfo {
  let { requested, nonZero } = info;
  for (const pod of pods) {
    requested = add(requested, podRequests(pod));
    const more = nonZeroRequests(pod);
    nonZero = { cpu: nonZero.cpu + more.cpu, memory: nonZero.memory + more.memory };
  }
  return { ...info, requested, nonZero, pods: [...info.pods, ...pods] };
}

export function hasEnded({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed';
}
