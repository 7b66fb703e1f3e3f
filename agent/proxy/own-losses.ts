/** How often something goes where: `ip nat KUBE-SERVICES` is a family, a table and a chain or set, and ends in a blank for a table. */
export type Losses = ReadonlyMap<string, number>;

/**
 * What changes of our own take from the kernel, so that word of it is not taken for somebody else's doing. Each loss counts for one
 * word: who hears more of a place than we took there has heard of somebody else.
 */
export class OwnLosses {
  readonly #left = new Map<string, number>();

  expect(losses: Losses): void {
    for (const [place, count] of losses) {
      if (count > 0) this.#left.set(place, (this.#left.get(place) ?? 0) + count);
    }
  }

  /** Whether word of a loss at `place` was still to come. */
  covers(place: string): boolean {
    const left = this.#left.get(place);
    if (left === undefined) return false;
    if (left === 1) this.#left.delete(place);
    else this.#left.set(place, left - 1);
    return true;
  }

  /** Nothing is to come any more. */
  clear(): void {
    this.#left.clear();
  }
}
