import type { NodeInfo } from './snapshot.ts';

/** Nodes by name, and in an order in which zones take turns. Rule: kube-scheduler's node tree. */
export class NodeList {
  readonly #at = new Map<string, number>();
  readonly #byName = new Map<string, NodeInfo>();
  #list: NodeInfo[] = [];
  #isSorted = true;

  get list(): readonly NodeInfo[] {
    if (!this.#isSorted) this.#sort();
    return this.#list;
  }

  get(name: string): NodeInfo | undefined {
    return this.#byName.get(name);
  }

  set(name: string, info: NodeInfo): void {
    const before = this.#byName.get(name);
    this.#byName.set(name, info);
    if (before === undefined || (before.node !== info.node && zoneOf(before) !== zoneOf(info))) this.#isSorted = false;
    else if (this.#isSorted) this.#list[this.#at.get(name)!] = info;
  }

  delete(name: string): void {
    if (this.#byName.delete(name)) this.#isSorted = false;
  }

  #sort(): void {
    const zones = new Map<string, NodeInfo[]>();
    for (const info of this.#byName.values()) {
      const zone = zones.get(zoneOf(info));
      if (zone === undefined) zones.set(zoneOf(info), [info]);
      else zone.push(info);
    }
    const lists = [...zones.values()];
    const longest = lists.reduce((most, { length }) => Math.max(most, length), 0);
    this.#list = [];
    for (let turn = 0; turn < longest; turn++) {
      for (const list of lists) if (turn < list.length) this.#list.push(list[turn]!);
    }
    this.#at.clear();
    for (const [index, { node }] of this.#list.entries()) this.#at.set(node.metadata.name, index);
    this.#isSorted = true;
  }
}

function zoneOf({ node }: NodeInfo): string {
  const labels = node.metadata.labels ?? {};
  return `${labels['topology.kubernetes.io/region'] ?? ''}:${labels['topology.kubernetes.io/zone'] ?? ''}`;
}
