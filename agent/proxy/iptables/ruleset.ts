import { type ChainId, type Chains, type Contribution, isSame, type Rule } from './rules.ts';

/**
 * The rules that ought to be, put together from what the node and each Service want, and which chains that has changed.
 * A chain belongs to one contributor, or is one of the base chains, to which all may write. No kernel here.
 */
export class Ruleset {
  #base: Chains = new Map();
  readonly #own = new Map<ChainId, readonly Rule[]>();
  readonly #shared = new Map<ChainId, Map<string, readonly Rule[]>>();
  readonly #contributions = new Map<string, Contribution>();
  #dirty = new Set<ChainId>();

  /** Names all shared chains, with the rules that stand behind the contributed ones. */
  setBase(base: Chains): void {
    for (const id of [...this.#base.keys(), ...base.keys()]) this.#dirty.add(id);
    this.#base = base;
  }

  /** Replaces what `key` wants; undefined: nothing any more. A chain for which that is the same stays clean. */
  put(key: string, now: Contribution = nothing): void {
    const before = this.#contributions.get(key) ?? nothing;
    for (const id of new Set([...before.own.keys(), ...now.own.keys()])) {
      const rules = now.own.get(id);
      if (isSame(rules, before.own.get(id))) continue;
      if (rules === undefined) this.#own.delete(id);
      else this.#own.set(id, rules);
      this.#dirty.add(id);
    }
    for (const id of new Set([...before.shared.keys(), ...now.shared.keys()])) {
      const rules = now.shared.get(id);
      if (isSame(rules, before.shared.get(id))) continue;
      const writers = this.#shared.get(id) ?? new Map<string, readonly Rule[]>();
      if (rules === undefined) writers.delete(key);
      else this.#shared.set(id, writers.set(key, rules));
      this.#dirty.add(id);
    }
    if (now.own.size === 0 && now.shared.size === 0) this.#contributions.delete(key);
    else this.#contributions.set(key, now);
  }

  /** The rules of a chain in their order; undefined if there ought to be no such chain. */
  rulesOf(id: ChainId): readonly Rule[] | undefined {
    const last = this.#base.get(id);
    if (last === undefined) return this.#own.get(id);
    return [...this.#contributed(id), ...last];
  }

  isShared(id: ChainId): boolean {
    return this.#base.has(id);
  }

  /** How many rules at the end of a shared chain must stay there. */
  lastCount(id: ChainId): number {
    return this.#base.get(id)?.length ?? 0;
  }

  ids(): readonly ChainId[] {
    return [...this.#base.keys(), ...this.#own.keys()];
  }

  /** The chains that may have changed since the last call. */
  takeDirty(): ReadonlySet<ChainId> {
    const dirty = this.#dirty;
    this.#dirty = new Set();
    return dirty;
  }

  /** In the order of keys, so that the same cluster gives the same text. */
  #contributed(id: ChainId): readonly Rule[] {
    const writers = this.#shared.get(id);
    if (writers === undefined) return [];
    return [...writers.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, rules]) => rules);
  }
}

const nothing: Contribution = { own: new Map(), shared: new Map() };
