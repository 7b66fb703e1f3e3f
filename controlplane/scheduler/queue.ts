import type { Pod } from '#lib/api/types/core.v1.ts';

/**
 *   active ──take──▶ (being scheduled) ──fails──▶ waiting ──something changed, after its back-off──▶ active
 * Which pod is scheduled next. No timers: the caller asks `nextWakeMs`. Pods of higher priority come first, then older ones.
 * Rule: kube-scheduler's active, back-off and unschedulable queues; back-off 1 s doubling to 10 s.
 */
export class SchedulingQueue {
  readonly #active = new Map<string, Entry>();
  readonly #waiting = new Map<string, Entry>();
  readonly #attempts = new Map<string, number>();

  /** A new or changed pod. One that waits is tried again, as its change may have made it fit. */
  add(pod: Pod, nowMs: number): void {
    const uid = pod.metadata.uid ?? '';
    const waiting = this.#waiting.get(uid);
    if (waiting !== undefined) {
      this.#waiting.set(uid, { ...waiting, pod, mayRun: true });
      return;
    }
    this.#active.set(uid, { pod, sinceMs: this.#active.get(uid)?.sinceMs ?? nowMs, notBeforeMs: 0, mayRun: true });
  }

  remove(uid: string): void {
    this.#active.delete(uid);
    this.#waiting.delete(uid);
    this.#attempts.delete(uid);
  }

  take(nowMs: number): Pod | undefined {
    this.#wake(nowMs);
    let best: Entry | undefined;
    for (const entry of this.#active.values()) if (best === undefined || isBefore(entry, best)) best = entry;
    if (best === undefined) return undefined;
    const uid = best.pod.metadata.uid ?? '';
    this.#active.delete(uid);
    this.#attempts.set(uid, (this.#attempts.get(uid) ?? 0) + 1);
    return best.pod;
  }

  /** It did not fit: it waits for a change, or only for its back-off if `isRetry`. */
  putBack(pod: Pod, nowMs: number, isRetry: boolean): void {
    const uid = pod.metadata.uid ?? '';
    const attempts = this.#attempts.get(uid) ?? 1;
    const notBeforeMs = nowMs + Math.min(firstBackoffMs * 2 ** (attempts - 1), mostBackoffMs);
    this.#waiting.set(uid, { pod, sinceMs: nowMs, notBeforeMs, mayRun: isRetry });
  }

  /** Something in the cluster changed: those for which `may` holds are tried again once their back-off is over. */
  wakeAll(may: (pod: Pod) => boolean = () => true): void {
    for (const [uid, entry] of this.#waiting)
      if (!entry.mayRun && may(entry.pod)) this.#waiting.set(uid, { ...entry, mayRun: true });
  }

  /** When `take` may give something that it does not give now; undefined: only after a change. */
  nextWakeMs(): number | undefined {
    const times = [...this.#waiting.values()].map((e) => (e.mayRun ? e.notBeforeMs : e.sinceMs + mostWaitMs));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  get size(): { readonly active: number; readonly waiting: number } {
    return { active: this.#active.size, waiting: this.#waiting.size };
  }

  #wake(nowMs: number): void {
    for (const [uid, entry] of this.#waiting) {
      const isDue = entry.mayRun ? entry.notBeforeMs <= nowMs : entry.sinceMs + mostWaitMs <= nowMs;
      if (!isDue) continue;
      this.#waiting.delete(uid);
      this.#active.set(uid, entry);
    }
  }
}
const firstBackoffMs = 1_000;
const mostBackoffMs = 10_000;
const mostWaitMs = 5 * 60_000; // in case a change was not understood to matter

interface Entry {
  readonly pod: Pod;
  readonly sinceMs: number;
  readonly notBeforeMs: number;
  readonly mayRun: boolean;
}

function isBefore(a: Entry, b: Entry): boolean {
  const [first, second] = [a.pod.spec.priority ?? 0, b.pod.spec.priority ?? 0];
  return first === second ? a.sinceMs < b.sinceMs : first > second;
}
