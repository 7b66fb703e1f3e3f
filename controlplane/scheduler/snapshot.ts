import { hostPortsOf } from '#lib/api/scheduling/host-ports.ts';
import { type Amounts, add, amountsOf, nonZeroRequests } from '#lib/api/scheduling/requests.ts';
import { standingRequests } from '#lib/api/scheduling/standing.ts';
import type { ContainerPort, Node, Pod } from '#lib/api/types/core.v1.ts';
import { type HeldTerm, HeldTerms } from './held-terms.ts';
import { MatchCounts, type Place } from './match-counts.ts';
import { NodeList } from './node-list.ts';
import type { World } from './plugin.ts';

/** A node as plugins see it. Replaced, never changed, when something on it changes. */
export interface NodeInfo {
  readonly node: Node;
  readonly allocatable: Amounts;
  readonly requested: Amounts;
  readonly nonZero: { readonly cpu: number; readonly memory: number };
  readonly pods: readonly Pod[];
  /** Host ports in use. */
  readonly ports: readonly ContainerPort[];
  /** Bytes by image name. */
  readonly images: ReadonlyMap<string, number>;
}

interface Standing extends Place {
  readonly requests: Amounts;
  readonly nonZero: { readonly cpu: number; readonly memory: number };
  readonly ports: readonly ContainerPort[];
}

/**
 * What is on the nodes, kept by difference. A pod that was given to a node counts there from that moment (`assume`), until
 * the API shows it there, or `removePod` takes it back.
 */
export class Snapshot implements World {
  readonly #nodes = new NodeList();
  readonly #orphans = new Map<string, Map<string, Standing>>(); // pods of nodes that are not known (yet), by node
  readonly #places = new Map<string, Standing>(); // by uid
  readonly #images = new Map<string, number>(); // on how many nodes each is
  readonly #terms: HeldTerms;
  readonly #counts = new MatchCounts();
  readonly #nominated = new Map<string, Map<string, Pod>>(); // by node, by uid
  readonly #nominees = new Map<string, string>(); // node by uid
  readonly namespaceLabels: World['namespaceLabels'];

  constructor(namespaceLabels: World['namespaceLabels'] = () => ({})) {
    this.namespaceLabels = namespaceLabels;
    this.#terms = new HeldTerms(namespaceLabels);
  }

  /** In an order in which zones take turns. */
  get nodes(): readonly NodeInfo[] {
    return this.#nodes.list;
  }

  get podCount(): number {
    return this.#places.size;
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name);
  }

  terms(): Iterable<HeldTerm> {
    return this.#terms.all();
  }

  matching(key: string, matches: (pod: Pod) => boolean): ReadonlyMap<string, number> {
    return this.#counts.of(key, matches, () => this.#places.values());
  }

  imageSpread(image: string): number {
    return this.#images.get(image) ?? 0;
  }

  setNode(node: Node): void {
    const { name } = node.metadata;
    const before = this.#nodes.get(name);
    const allocatable = amountsOf(node.status.allocatable ?? node.status.capacity);
    const isSameImages = before !== undefined && isSame(before.node.status.images, node.status.images);
    const images = isSameImages ? before.images : imagesOf(node);
    if (!isSameImages) this.#noteImages(before?.images, images);
    if (before !== undefined) {
      this.#nodes.set(name, { ...before, node, allocatable, images });
      if (!isSame(before.node.metadata.labels, node.metadata.labels)) this.#restate(before.pods, node);
      return;
    }
    const bare = { requested: {}, nonZero: { cpu: 0, memory: 0 }, pods: [], ports: [] };
    const orphans = [...(this.#orphans.get(name)?.values() ?? [])];
    this.#orphans.delete(name);
    this.#nodes.set(name, orphans.reduce(withStanding, { node, allocatable, images, ...bare }));
    this.#restate(
      orphans.map(({ pod }) => pod),
      node,
    );
  }

  removeNode(name: string): void {
    const before = this.#nodes.get(name);
    if (before === undefined) return;
    this.#nodes.delete(name);
    this.#noteImages(before.images, new Map());
    if (before.pods.length === 0) return;
    const uids = before.pods.map(({ metadata }) => metadata.uid ?? '');
    for (const uid of uids) this.#terms.remove(uid);
    this.#orphans.set(name, new Map(uids.map((uid) => [uid, this.#places.get(uid)!])));
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
    this.nominate(uid, undefined);
    const place = this.#places.get(uid);
    if (place === undefined) return;
    this.#places.delete(uid);
    this.#terms.remove(uid);
    this.#counts.change(place.pod, place.node, -1);
    this.#orphans.get(place.node)?.delete(uid);
    const info = this.#nodes.get(place.node);
    if (info !== undefined) this.#nodes.set(place.node, withoutStanding(info, place));
  }

  /** `pod` waits for room on `node`; undefined: it waits no more. */
  nominate(uid: string, pod: Pod | undefined, node = pod?.status.nominatedNodeName): void {
    const before = this.#nominees.get(uid);
    if (before !== undefined) {
      const there = this.#nominated.get(before);
      there?.delete(uid);
      if (there?.size === 0) this.#nominated.delete(before);
      this.#nominees.delete(uid);
    }
    if (pod === undefined || !node) return;
    this.#nominees.set(uid, node);
    const there = this.#nominated.get(node) ?? new Map<string, Pod>();
    this.#nominated.set(node, there.set(uid, pod));
  }

  /** The node on which the pod waits for room. */
  nominationOf(uid: string): string | undefined {
    return this.#nominees.get(uid);
  }

  get isPromised(): boolean {
    return this.#nominated.size > 0;
  }

  nominated(node: string): readonly Pod[] {
    if (this.#nominated.size === 0) return nobody;
    return [...(this.#nominated.get(node)?.values() ?? [])];
  }

  trial<T>(
    node: string,
    { without = [], with: more = [] }: { readonly without?: readonly Pod[]; readonly with?: readonly Pod[] },
    look: () => T,
  ): T {
    const waiting = [...without, ...more].map((pod) => {
      const uid = pod.metadata.uid ?? '';
      return { uid, node: this.#nominees.get(uid), pod };
    });
    for (const pod of without) this.removePod(pod.metadata.uid ?? '');
    for (const pod of more) this.#put(pod, node);
    try {
      return look();
    } finally {
      for (const pod of more) this.removePod(pod.metadata.uid ?? '');
      for (const pod of without) this.#put(pod, node);
      for (const one of waiting) if (one.node !== undefined) this.nominate(one.uid, one.pod, one.node);
    }
  }

  /** Labels of a namespace changed: what was counted by them holds no more. */
  forgetCounts(): void {
    this.#counts.clear();
  }

  #put(pod: Pod, node: string): void {
    const uid = pod.metadata.uid ?? '';
    const requests = standingRequests(pod);
    const place = { pod, node, requests, nonZero: nonZeroRequests(pod, requests), ports: hostPortsOf(pod) };
    this.#places.set(uid, place);
    this.#counts.change(pod, node, 1);
    const info = this.#nodes.get(node);
    if (info !== undefined) {
      this.#nodes.set(node, withStanding(info, place));
      this.#terms.add(pod, info.node.metadata.labels ?? {});
      return;
    }
    const orphans = this.#orphans.get(node) ?? new Map<string, Standing>();
    this.#orphans.set(node, orphans.set(uid, place));
  }

  /** The node's labels are others: its pods' terms are about other domains. */
  #restate(pods: readonly Pod[], node: Node): void {
    for (const pod of pods) {
      this.#terms.remove(pod.metadata.uid ?? '');
      this.#terms.add(pod, node.metadata.labels ?? {});
    }
  }

  #noteImages(before: ReadonlyMap<string, number> | undefined, now: ReadonlyMap<string, number>): void {
    for (const name of now.keys()) this.#images.set(name, this.imageSpread(name) + 1);
    for (const name of before?.keys() ?? []) {
      const left = this.imageSpread(name) - 1;
      if (left > 0) this.#images.set(name, left);
      else this.#images.delete(name);
    }
  }
}
const nobody: readonly Pod[] = [];

function withStanding(info: NodeInfo, { pod, requests, nonZero, ports }: Standing): NodeInfo {
  return {
    ...info,
    requested: add(info.requested, requests),
    nonZero: { cpu: info.nonZero.cpu + nonZero.cpu, memory: info.nonZero.memory + nonZero.memory },
    pods: [...info.pods, pod],
    ports: ports.length === 0 ? info.ports : [...info.ports, ...ports],
  };
}

function withoutStanding(info: NodeInfo, { pod, requests, nonZero, ports }: Standing): NodeInfo {
  return {
    ...info,
    requested: add(info.requested, requests, -1),
    nonZero: { cpu: info.nonZero.cpu - nonZero.cpu, memory: info.nonZero.memory - nonZero.memory },
    pods: info.pods.filter((other) => other.metadata.uid !== pod.metadata.uid),
    ports: ports.length === 0 ? info.ports : info.ports.filter((port) => !ports.includes(port)),
  };
}

function imagesOf({ status }: Node): ReadonlyMap<string, number> {
  const images = (status.images ?? []).flatMap(({ names = [], sizeBytes = 0 }) =>
    names.map((name) => [name, sizeBytes] as const),
  );
  return new Map(images);
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

export function hasEnded({ status }: Pod): boolean {
  return status.phase === 'Succeeded' || status.phase === 'Failed';
}
