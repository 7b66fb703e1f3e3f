/**
 * Which key may run next. No timers, no promises.
 *
 * A key is never out twice at once; a key added while it runs runs once more afterwards,
 * however often it was added. Source: client-go workqueue (dirty and processing sets).
 * Its size is bounded by the number of distinct keys.
 */
export class KeyedQueue {
  readonly #waiting = new Set<string>(); // insertion order is queue order
  readonly #running = new Set<string>();
  readonly #dirty = new Set<string>();

  add(key: string): void {
    (this.#running.has(key) ? this.#dirty : this.#waiting).add(key);
  }

  take(): string | undefined {
    const [key] = this.#waiting;
    if (key === undefined) return undefined;
    this.#waiting.delete(key);
    this.#running.add(key);
    return key;
  }

  finish(key: string): void {
    this.#running.delete(key);
    if (this.#dirty.delete(key)) this.#waiting.add(key);
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  get waiting(): readonly string[] {
    return [...this.#waiting];
  }

  get running(): readonly string[] {
    return [...this.#running];
  }
}
