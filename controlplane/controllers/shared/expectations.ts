/**
 * What a controller has begun and not yet seen in its informer, by key: until it has, counting objects would
 * create or delete too many.
 *
 * Rule: kubernetes pkg/controller, UIDTrackingControllerExpectations. What is not seen within five minutes is given up.
 * Bounded by the keys that exist: `forget` a key when its object is gone.
 */
export class Expectations {
  readonly #open = new Map<string, { creations: number; readonly deletions: Set<string>; readonly atMs: number }>();

  /** To be called before the first of the writes: their echo may come before their answer. */
  expect(key: string, creations: number, deletions: readonly string[], nowMs: number): void {
    this.#open.set(key, { creations, deletions: new Set(deletions), atMs: nowMs });
  }

  /** A creation was seen, or failed. */
  created(key: string, count = 1): void {
    const open = this.#open.get(key);
    if (open !== undefined) open.creations -= count;
  }

  /** A deletion was seen, or failed. */
  deleted(key: string, uid: string): void {
    this.#open.get(key)?.deletions.delete(uid);
  }

  areMet(key: string, nowMs: number): boolean {
    const open = this.#open.get(key);
    if (open === undefined || nowMs - open.atMs > patienceMs) return true;
    return open.creations <= 0 && open.deletions.size === 0;
  }

  forget(key: string): void {
    this.#open.delete(key);
  }
}
const patienceMs = 300_000;
