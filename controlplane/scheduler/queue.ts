import type { Pod } from '#lib/api/types/core.v1.ts';
import { assertNever } from '#lib/errors.ts';
import { Heap } from '#lib/heap.ts';
import type { Change } from './change.ts';

/**
 *   active ──take──▶ (being scheduled) ──fails──▶ parked ──a change that may help──▶ waiting ──its back-off is over──▶ active
 * Which pod is scheduled next. No timers: the caller asks `nextWakeMs`. Pods of higher priority come first, then older ones.
 * Rule: kube-scheduler's active, back-off and unschedulable queues; back-off 1 s doubling to 10 s.
 */
export class SchedulingQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #attempts = new Map<string, { count: number; readonly firstMs: number }>();
  // The heaps may hold what has left them already: an entry counts where its `place` says.
  readonly #active = new Heap<Entry>(isBefore);
  readonly #waiting = new Heap<Entry>((a, b) => a.notBeforeMs < b.notBeforeMs);
  readonly #parked = new Map<string, Entry>(); // the longest parked first
  readonly #backoff: { readonly firstMs: number; readonly mostMs: number };

  readonly #onMove: OnMove;

  constructor(
    backoff: { readonly firstMs: number; readonly mostMs: number } = standardBackoff,
    onMove: OnMove = () => {},
  ) {
    this.#backoff = backoff;
    this.#onMove = onMove;
  }

  /** A new or changed pod. One that waits is tried again, as its change may have made it fit. */
  add(pod: Pod, nowMs: number): void {
    const uid = pod.metadata.uid ?? '';
    const known = this.#entries.get(uid);
    if (known === undefined) {
      const entry: Entry = { pod, place: 'active', sinceMs: nowMs, notBeforeMs: 0, isHelpedBy: always, refusedBy: [] };
      this.#entries.set(uid, entry);
      this.#active.push(entry);
      this.#onMove('active', 'PodAdd');
      return;
    }
    known.pod = pod; // its priority cannot change
    if (known.place === 'parked') this.#unpark(uid, known, 'PodUpdate');
  }

  remove(uid: string): void {
    const entry = this.#entries.get(uid);
    this.#attempts.delete(uid);
    if (entry === undefined) return;
    this.#leave(uid, entry);
    const most = 2 * this.#entries.size + 64;
    if (this.#active.size > most) this.#active.keep(({ place }) => place === 'active');
    if (this.#waiting.size > most) this.#waiting.keep(({ place }) => place === 'waiting');
  }

  take(nowMs: number): Pod | undefined {
    this.#wake(nowMs);
    for (let entry = this.#active.pop(); entry !== undefined; entry = this.#active.pop()) {
      if (entry.place !== 'active') continue;
      const uid = entry.pod.metadata.uid ?? '';
      this.#leave(uid, entry);
      const attempts = this.#attempts.get(uid);
      if (attempts === undefined) this.#attempts.set(uid, { count: 1, firstMs: nowMs });
      else attempts.count++;
      return entry.pod;
    }
    return undefined;
  }

  /** It did not fit: it waits for a change that may help it, or only for its back-off if `isRetry`. */
  putBack(
    pod: Pod,
    nowMs: number,
    isRetry: boolean,
    isHelpedBy: (change: Change) => boolean = always,
    refusedBy: Iterable<string> = [],
  ): void {
    const uid = pod.metadata.uid ?? '';
    const attempts = this.#attempts.get(uid)?.count ?? 1;
    const { firstMs, mostMs } = this.#backoff;
    const notBeforeMs = nowMs + Math.min(firstMs * 2 ** (attempts - 1), mostMs);
    const entry: Entry = { pod, place: 'parked', sinceMs: nowMs, notBeforeMs, isHelpedBy, refusedBy };
    this.#entries.set(uid, entry);
    this.#parked.set(uid, entry);
    if (isRetry) this.#unpark(uid, entry, failed);
    else this.#onMove('unschedulable', failed);
  }

  /** Something in the cluster changed: those whom it may help are tried again once their back-off is over. */
  wake(change: Change): void {
    for (const [uid, entry] of this.#parked) if (entry.isHelpedBy(change)) this.#unpark(uid, entry, eventOf(change));
  }

  /** How many pods are in each part. */
  get sizes(): { readonly active: number; readonly backoff: number; readonly unschedulable: number } {
    let [active, backoff, unschedulable] = [0, 0, 0];
    for (const { place } of this.#entries.values()) {
      if (place === 'active') active++;
      else if (place === 'waiting') backoff++;
      else unschedulable++;
    }
    return { active, backoff, unschedulable };
  }

  /** How many of those that did not fit were refused by each plugin, by "plugin profile". */
  refusals(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { refusedBy, pod } of this.#parked.values()) {
      for (const plugin of refusedBy) {
        const key = `${plugin} ${pod.spec.schedulerName || 'default-scheduler'}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    return counts;
  }

  /** How often the pod was taken. */
  attemptsOf(uid: string): number {
    return this.#attempts.get(uid)?.count ?? 0;
  }

  /** When it was taken for the first time. */
  firstTakenMs(uid: string): number | undefined {
    return this.#attempts.get(uid)?.firstMs;
  }

  /** When `take` may give something that it does not give now; undefined: only after a change. */
  nextWakeMs(): number | undefined {
    while (this.#waiting.peek() !== undefined && this.#waiting.peek()!.place !== 'waiting') this.#waiting.pop();
    const [longest] = this.#parked.values();
    const times = [
      ...(longest === undefined ? [] : [longest.sinceMs + mostWaitMs]),
      ...(this.#waiting.size === 0 ? [] : [this.#waiting.peek()!.notBeforeMs]),
    ];
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** It is tried again as soon as its back-off is over. */
  #unpark(uid: string, entry: Entry, event: string): void {
    this.#parked.delete(uid);
    entry.place = 'waiting';
    this.#onMove('backoff', event);
    this.#waiting.push(entry);
  }

  #leave(uid: string, entry: Entry): void {
    entry.place = 'gone';
    this.#entries.delete(uid);
    this.#parked.delete(uid);
  }

  #wake(nowMs: number): void {
    for (const [uid, entry] of this.#parked) {
      if (entry.sinceMs + mostWaitMs > nowMs) break;
      this.#unpark(uid, entry, 'UnschedulableTimeout');
    }
    for (let entry = this.#waiting.peek(); entry !== undefined; entry = this.#waiting.peek()) {
      if (entry.place === 'waiting' && entry.notBeforeMs > nowMs) break;
      this.#waiting.pop();
      if (entry.place !== 'waiting') continue;
      entry.place = 'active';
      this.#active.push(entry);
      this.#onMove('active', 'BackoffComplete');
    }
  }
}
const standardBackoff = { firstMs: 1_000, mostMs: 10_000 };
const mostWaitMs = 5 * 60_000; // in case a change was not understood to matter

interface Entry {
  pod: Pod;
  place: 'active' | 'waiting' | 'parked' | 'gone';
  readonly sinceMs: number;
  readonly notBeforeMs: number;
  readonly isHelpedBy: (change: Change) => boolean;
  readonly refusedBy: Iterable<string>;
}

/** A pod came to be in a part of the queue, and why: in upstream's words. */
export type OnMove = (queue: 'active' | 'backoff' | 'unschedulable' | 'gated', event: string) => void;

const failed = 'ScheduleAttemptFailure';

function eventOf(change: Change): string {
  switch (change.what) {
    case 'node':
      return change.before === undefined ? 'NodeAdd' : 'NodeUpdate';
    case 'nodeGone':
      return 'NodeDelete';
    case 'pod':
      if (change.now === undefined) return 'AssignedPodDelete';
      return change.before === undefined ? 'AssignedPodAdd' : 'AssignedPodUpdate';
    case 'volume':
      return 'PvcUpdate';
    default:
      return assertNever(change, 'change');
  }
}

const always = () => true;

function isBefore(a: Entry, b: Entry): boolean {
  const [first, second] = [a.pod.spec.priority ?? 0, b.pod.spec.priority ?? 0];
  return first === second ? a.sinceMs < b.sinceMs : first > second;
}
