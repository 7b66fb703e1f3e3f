/** Gives its least first: adding and taking cost the logarithm of how many there are. */
export class Heap<T> {
  readonly #isBefore: (a: T, b: T) => boolean;
  #all: T[] = [];

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#all.length;
  }

  peek(): T | undefined {
    return this.#all[0];
  }

  push(one: T): void {
    this.#all.push(one);
    let at = this.#all.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(one, this.#all[parent]!)) break;
      this.#all[at] = this.#all[parent]!;
      at = parent;
    }
    this.#all[at] = one;
  }

  pop(): T | undefined {
    const least = this.#all[0];
    const last = this.#all.pop();
    if (last !== undefined && this.#all.length > 0) this.#sink(last);
    return least;
  }

  /** Drops all for which `isKept` does not hold. */
  keep(isKept: (one: T) => boolean): void {
    const kept = this.#all.filter(isKept);
    this.#all = [];
    for (const one of kept) this.push(one);
  }

  /** Puts `one` in the place of the first, and from there to where it belongs. */
  #sink(one: T): void {
    const all = this.#all;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= all.length) break;
      if (child + 1 < all.length && this.#isBefore(all[child + 1]!, all[child]!)) child++;
      if (!this.#isBefore(all[child]!, one)) break;
      all[at] = all[child]!;
      at = child;
    }
    all[at] = one;
  }
}
