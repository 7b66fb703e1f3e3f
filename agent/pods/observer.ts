// What the runtime has of each pod, kept up to date by events where it has them and by lists where not. The worker
// tells what it did itself, so that the way of a starting pod waits for no list.
import type { Container, ContainerStatus, Filter, Runtime, Sandbox, SandboxStatus } from '#cri/runtime.ts';
import type { Clock } from '#lib/clock.ts';
import { createController } from '#lib/controller.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { podUidLabel } from './annotations.ts';
import { isLive, nothingObserved, type Observed, type ObservedContainer } from './observed.ts';

export interface Observer {
  of(podUid: string): Observed;
  /** Uids of all pods that the runtime has something of. */
  uids(): readonly string[];
  noteSandbox(sandbox: SandboxStatus): void;
  /** Reads a container that was just changed. */
  noteContainer(sandboxId: string, containerId: string, signal: AbortSignal): Promise<void>;
  /** Reads all of one pod anew. */
  refresh(podUid: string, signal: AbortSignal): Promise<Observed>;
  /** Settles with the first full list. */
  readonly synced: Promise<void>;
  /** When a full list succeeded last; 0 if never. */
  listedAtMs(): number;
  /** Keeps looking until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

export interface ObserverOptions {
  readonly runtime: Runtime;
  /** What a container that has ended leaves as its last words. */
  lastWords(status: ContainerStatus): Promise<string>;
  /** Something changed that the worker did not do. */
  onChange(podUid: string): void;
  /** A full list that began then has succeeded. */
  onList?(beganAtMs: number): void;
  /** Whether there is anything that could change. */
  isBusy(): boolean;
  readonly clock: Clock;
  readonly log: Log;
}

interface Entry<T> {
  readonly value: T;
  /** Number of the look that it is from: an older look does not undo it. */
  readonly look: number;
  /** When it is to be read once more though it has not changed. */
  readonly againAtMs?: number | undefined;
}

interface Kept {
  readonly sandboxes: Map<string, Entry<SandboxStatus>>;
  readonly containers: Map<string, Entry<ObservedContainer>>;
}

export function createObserver(options: ObserverOptions): Observer {
  const { runtime, clock, log } = options;
  const pods = new Map<string, Kept>(); // bounded by what the runtime has
  const first = Promise.withResolvers<void>();
  let looks = 0;
  let listedAtMs = 0;
  let changedAtMs = 0;
  let isTold = false; // by events: then lists are only a second line
  let nap = new AbortController();
  const ending = new Map<string, number>(); // ids of what ended, as events say, and until when to look for it

  // One pod is looked at once at a time, however many events there are of it.
  const looker = createController({
    name: 'pod-events',
    workers: 4,
    async reconcile(podUid, signal) {
      await lookAndTell(podUid === '' ? {} : { labels: { [podUidLabel]: podUid } }, signal);
      for (const [id, untilMs] of ending) {
        if (isRunning(id) && clock.now() < untilMs) looker.addAfter(podOf(id), againMs);
        else ending.delete(id);
      }
      return undefined;
    },
    clock,
    log,
  });

  function keep(podUid: string): Kept {
    const kept = pods.get(podUid) ?? { sandboxes: new Map(), containers: new Map() };
    pods.set(podUid, kept);
    return kept;
  }

  function noteSandbox(sandbox: SandboxStatus): void {
    keep(sandbox.uid).sandboxes.set(sandbox.id, { value: sandbox, look: ++looks });
  }

  async function readContainer(sandboxId: string, id: string, signal: AbortSignal): Promise<void> {
    const look = ++looks;
    const status = await runtime.containerStatus(id, signal);
    const podUid = status.labels[podUidLabel];
    if (podUid === undefined) return;
    const message = status.state === 'exited' ? await options.lastWords(status) : status.message;
    const { containers } = keep(podUid);
    if ((containers.get(id)?.look ?? 0) > look) return;
    // Killed, and nobody has said why: that memory ran out is told by another event, which may come after the end itself.
    const isNew = status.state === 'exited' && containers.get(id)?.value.state !== 'exited';
    const isDoubtful = isNew && status.exitCode === killed && status.reason !== 'OOMKilled';
    const againAtMs = isDoubtful ? clock.now() + doubtMs : undefined;
    containers.set(id, { value: { ...status, message, sandboxId }, look, againAtMs });
    if (isDoubtful) looker.addAfter(podUid, doubtMs);
  }

  /** Looks, and says of which pods something differed: also of those that were read before something could not be. */
  async function lookAndTell(filter: Filter, signal: AbortSignal): Promise<void> {
    const changed = new Set<string>();
    try {
      await look(filter, changed, signal);
    } finally {
      if (changed.size > 0) changedAtMs = clock.now();
      for (const podUid of changed) options.onChange(podUid);
    }
  }

  /** Compares a list with what is known, and reads what differs. Adds the pods of which something differed to `changed`. */
  async function look(filter: Filter, changed: Set<string>, signal: AbortSignal): Promise<void> {
    const began = ++looks;
    const [sandboxes, containers] = await Promise.all([
      runtime.listSandboxes(filter, signal),
      runtime.listContainers(filter, signal),
    ]);
    for (const sandbox of sandboxes) {
      const known = pods.get(sandbox.uid)?.sandboxes.get(sandbox.id);
      if (known !== undefined && (known.look > began || known.value.isReady === sandbox.isReady)) continue;
      if (await readSandbox(sandbox, signal)) changed.add(sandbox.uid);
    }
    for (const container of containers) {
      const podUid = container.labels[podUidLabel];
      if (podUid === undefined) continue;
      const known = pods.get(podUid)?.containers.get(container.id);
      const isDue = (known?.againAtMs ?? Number.POSITIVE_INFINITY) <= clock.now();
      if (known !== undefined && (known.look > began || (known.value.state === container.state && !isDue))) continue;
      if (await readListed(container, signal)) changed.add(podUid);
    }
    const wanted = filter.labels?.[podUidLabel];
    for (const podUid of wanted === undefined ? pods.keys() : [wanted]) {
      if (sweep(podUid, began, sandboxes, containers)) changed.add(podUid);
    }
  }

  async function readSandbox({ id }: Sandbox, signal: AbortSignal): Promise<boolean> {
    try {
      noteSandbox(await runtime.sandboxStatus(id, signal));
      return true;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return false; // gone meanwhile: the next look does not list it
      throw error;
    }
  }

  async function readListed({ id, sandboxId }: Container, signal: AbortSignal): Promise<boolean> {
    try {
      await readContainer(sandboxId, id, signal);
      return true;
    } catch (error) {
      if (hasReason(error, 'NotFound')) return false;
      throw error;
    }
  }

  /** Forgets what is no longer listed, and was not made after the look began. */
  function sweep(
    podUid: string,
    began: number,
    sandboxes: readonly Sandbox[],
    containers: readonly Container[],
  ): boolean {
    const kept = pods.get(podUid);
    if (kept === undefined) return false;
    const before = kept.sandboxes.size + kept.containers.size;
    const listed = new Set([...sandboxes, ...containers].map(({ id }) => id));
    for (const [id, { look }] of kept.sandboxes) if (look <= began && !listed.has(id)) kept.sandboxes.delete(id);
    for (const [id, { look }] of kept.containers) if (look <= began && !listed.has(id)) kept.containers.delete(id);
    const after = kept.sandboxes.size + kept.containers.size;
    if (after === 0) pods.delete(podUid);
    return after !== before;
  }

  /** The pod of a container or sandbox; '' if nothing is known of it yet. */
  function podOf(id: string): string {
    for (const [podUid, { sandboxes, containers }] of pods) if (sandboxes.has(id) || containers.has(id)) return podUid;
    return '';
  }

  function isRunning(id: string): boolean {
    const kept = pods.get(podOf(id));
    const container = kept?.containers.get(id)?.value;
    return container === undefined ? kept?.sandboxes.get(id)?.value.isReady === true : isLive(container);
  }

  async function listForever(signal: AbortSignal): Promise<void> {
    let wasLost = false;
    while (!signal.aborted) {
      try {
        if (listedAtMs === 0 || options.isBusy() || clock.now() - listedAtMs > idleMs) {
          const beganAtMs = clock.now();
          await lookAndTell({}, signal);
          listedAtMs = clock.now();
          options.onList?.(beganAtMs);
          first.resolve();
          if (wasLost) log.info('Found the container runtime again');
          wasLost = false;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!wasLost) log.warn('Lost the container runtime', { err: error });
        wasLost = true;
      }
      const isLively = clock.now() - changedAtMs < livelyMs; // what just started often ends soon
      const pause = isTold ? secondLineMs : isLively ? pauseMs : quietMs;
      nap = new AbortController();
      await clock.sleep(pause, AbortSignal.any([signal, nap.signal])).catch(() => {});
    }
  }

  /** Follows events until the runtime says that it has none. They say where to look: what is there is read. */
  async function listenForever(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const over = new AbortController();
      try {
        void clock.sleep(refusalMs, over.signal).then(
          () => (isTold = true),
          () => {},
        );
        for await (const { type, containerId, podUid } of runtime.events(signal)) {
          if (type === 'stopped') ending.set(containerId, clock.now() + endingMs);
          looker.add(podUid || podOf(containerId));
        }
      } catch (error) {
        if (hasReason(error, 'MethodNotAllowed')) return;
      } finally {
        over.abort();
        isTold = false;
        nap.abort(); // what happens from here on is told by lists
      }
      await clock.sleep(1_000, signal).catch(() => {});
    }
  }

  return {
    of: (podUid) => shown(pods.get(podUid)),
    uids: () => [...pods.keys()],
    noteSandbox,
    noteContainer: readContainer,
    async refresh(podUid, signal) {
      await look({ labels: { [podUidLabel]: podUid } }, new Set(), signal);
      return shown(pods.get(podUid));
    },
    synced: first.promise,
    listedAtMs: () => listedAtMs,
    async run(signal) {
      await Promise.all([listForever(signal), listenForever(signal), looker.run(signal)]);
    },
  };
}
const pauseMs = 300; // an exit is seen in well under a second; two calls of about a millisecond each
const quietMs = 600;
const livelyMs = 10_000;
const secondLineMs = 5_000; // events may be lost
const idleMs = 10_000;
const refusalMs = 3_000; // a stream that lives so long will tell
const endingMs = 2_000; // by then what ended must show it
const againMs = 50;
const killed = 137; // 128 and SIGKILL
const doubtMs = 500;

function shown(kept: Kept | undefined): Observed {
  if (kept === undefined) return nothingObserved;
  return { sandboxes: newestFirst(kept.sandboxes), containers: newestFirst(kept.containers) };
}

function newestFirst<T extends { readonly createdAtMs: number; readonly attempt: number }>(
  entries: ReadonlyMap<string, Entry<T>>,
): readonly T[] {
  return [...entries.values()]
    .map(({ value }) => value)
    .sort((a, b) => b.createdAtMs - a.createdAtMs || b.attempt - a.attempt);
}
