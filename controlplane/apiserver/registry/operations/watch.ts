import { failure } from '#lib/api/status.ts';
import type { ApiResponse } from '../../exchange.ts';
import type { CacheEvent } from '../cache/ring.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import { type ListOptions, readListOptions } from '../options.ts';
import type { Presenter } from '../present/presenter.ts';
import type { ResourceCall } from '../registry.ts';
import { jsonResponse } from '../respond.ts';
import type { Core, Served } from '../served.ts';
import { type Selection, selectionOf } from './select.ts';
import { freshEnough } from './versions.ts';

/**
 * The head comes at once; the body is a stream of frames that ends with the timeout, with the client, or when the
 * client does not keep up.
 */
export async function watch(
  core: Core,
  served: Served,
  call: ResourceCall,
  presenter: Presenter,
): Promise<ApiResponse> {
  const options = readListOptions(call.query, served.rules.fieldLabels, true);
  const selection = selectionOf(served, call, options);
  const start = await startOf(core, served, options, call.signal);
  const body = stream({ core, served, options, selection, presenter, start, signal: call.signal });
  return jsonResponse(200, body, {}, presenter.streamType);
}

interface Start {
  /** Events after this revision are to come. */
  readonly after: number;
  /** What comes first as if it were new. */
  readonly isInitial: boolean;
}

async function startOf(core: Core, served: Served, options: ListOptions, signal: AbortSignal): Promise<Start> {
  const { resourceVersion: version, sendsInitialEvents } = options;
  if (sendsInitialEvents === true) {
    return { after: await freshEnough(core, version === 0 ? 0 : version, signal), isInitial: true };
  }
  if (sendsInitialEvents === false) {
    const now = await freshEnough(core, undefined, signal);
    return { after: version === undefined || version === 0 ? now : version, isInitial: false };
  }
  if (version === undefined || version === 0) {
    // Rule: "get state and start": at any version for 0, at the newest otherwise.
    return { after: await freshEnough(core, version, signal), isInitial: true };
  }
  await core.feed.ready;
  if (version < served.cache.oldestRevision) throw tooOld(version, served.cache.oldestRevision);
  return { after: version, isInitial: false };
}

function tooOld(version: number, oldest: number): Error {
  return failure('Expired', `too old resource version: ${version} (${oldest})`);
}

interface Stream {
  readonly core: Core;
  readonly served: Served;
  readonly options: ListOptions;
  readonly selection: Selection;
  readonly presenter: Presenter;
  readonly start: Start;
  readonly signal: AbortSignal;
}

async function* stream({
  core,
  served,
  options,
  selection,
  presenter,
  start,
  signal,
}: Stream): AsyncGenerator<Uint8Array> {
  const seconds = options.timeoutSeconds || minSeconds * (1 + core.random());
  const done = new AbortController();
  const over = AbortSignal.any([signal, done.signal]);
  const inbox = createInbox(maxWaiting);
  const { cache } = served;
  const interested = (event: CacheEvent): boolean =>
    event.revision > after && event.now.key.startsWith(selection.keyPrefix);
  const initial = start.isInitial ? initialObjects(served, selection) : [];
  // Between the initial objects and the listener nothing can happen: both are taken in one turn.
  let after = start.isInitial ? Math.max(start.after, cache.lastChange) : start.after;
  const missed = start.isInitial ? [] : cache.eventsAfter(after);
  const stop = cache.onEvent((event) => interested(event) && inbox.put(event), selection.about);
  void core.clock.sleep(seconds * 1000, over).then(inbox.close, inbox.close);
  const bookmarks = options.allowsBookmarks ? tick(core, over, inbox.ring) : undefined;

  try {
    if (missed === undefined) {
      yield presenter.error(failure('Expired', `too old resource version: ${after} (${cache.oldestRevision})`).status);
      return;
    }
    await served.conversion?.ready?.(initial, over);
    for (const stored of initial) yield presenter.event('ADDED', stored);
    if (options.sendsInitialEvents === true) {
      yield presenter.bookmark(bookmarkOf(served, after, { 'k8s.io/initial-events-end': 'true' }));
    }
    await readyFor(missed, served, over);
    for (const event of missed) {
      if (interested(event)) yield* frames(event, selection, presenter);
    }
    if (missed.length > 0) after = missed.at(-1)!.revision;
    for (;;) {
      const events = await inbox.take();
      if (events === undefined) return;
      await readyFor(events, served, over);
      for (const event of events) yield* frames(event, selection, presenter);
      after = Math.max(after, events.at(-1)?.revision ?? 0);
      if (bookmarks?.isDue() && inbox.isEmpty()) {
        after = Math.max(after, core.feed.applied);
        yield presenter.bookmark(bookmarkOf(served, after));
      }
    }
  } finally {
    stop();
    done.abort();
    inbox.close();
  }
}
/** What the frames of these show can be shown. */
function readyFor(
  events: readonly CacheEvent[],
  { conversion }: Served,
  signal: AbortSignal,
): Promise<void> | undefined {
  return conversion?.ready?.(
    events.flatMap(({ now, before }) => (before === undefined ? [now] : [now, before])),
    signal,
  );
}
const minSeconds = 1800;
/** Events that may wait for one client; one more ends its watch: it resumes from where it got to. */
const maxWaiting = 10_000;

function initialObjects({ cache }: Served, { keyPrefix, key, matches }: Selection): readonly StoredObject[] {
  const only = key === undefined ? undefined : cache.get(key);
  const all = key === undefined ? cache.select(keyPrefix) : only === undefined ? [] : [only];
  return matches === undefined ? all : all.filter(matches);
}

/** What a change means to one who sees only what matches: an object may come into or go out of sight by it. */
function* frames(event: CacheEvent, { matches }: Selection, presenter: Presenter): Generator<Uint8Array> {
  const { type, now, before } = event;
  if (matches === undefined) {
    yield presenter.event(type, now);
    return;
  }
  const was = before !== undefined && matches(before);
  const is = type !== 'DELETED' && matches(now);
  if (is) yield presenter.event(was ? 'MODIFIED' : 'ADDED', now);
  else if (was) yield presenter.event('DELETED', type === 'DELETED' ? now : outOfSight(before, event));
}

/** The state that was last in sight, under the revision at which it went out of it. */
function outOfSight(before: StoredObject, { revision }: CacheEvent): StoredObject {
  return before.at(revision);
}

function bookmarkOf({ kind, apiVersion }: Served, revision: number, annotations?: Record<string, string>) {
  const metadata = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) };
  return { kind, apiVersion, metadata: { name: '', ...metadata } };
}

interface Tick {
  isDue(): boolean;
}

/** Comes due about once a minute, so that clients can resume near the newest revision. */
function tick({ clock, random }: Core, signal: AbortSignal, ring: () => void): Tick {
  let isDue = false;
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep(bookmarkMs * (0.9 + 0.2 * random()), signal);
      isDue = true;
      ring();
    }
  };
  run().catch(() => {}); // only the end of the watch aborts it
  return {
    isDue() {
      const was = isDue;
      isDue = false;
      return was;
    },
  };
}
const bookmarkMs = 60_000;

interface Inbox {
  put(event: CacheEvent): void;
  /** The events that came since; none after a ring; undefined when it is closed. */
  take(): Promise<readonly CacheEvent[] | undefined>;
  ring(): void;
  isEmpty(): boolean;
  close(): void;
}

function createInbox(most: number): Inbox {
  let events: CacheEvent[] = [];
  let isClosed = false;
  let hasRung = false;
  let bell: (() => void) | undefined;
  const wake = (): void => {
    bell?.();
    bell = undefined;
  };
  return {
    put(event) {
      if (isClosed) return;
      if (events.length >= most) {
        isClosed = true;
        events = [];
      } else {
        events.push(event);
      }
      wake();
    },
    async take() {
      if (events.length === 0 && !isClosed && !hasRung) {
        await new Promise<void>((resolve) => {
          bell = resolve;
        });
      }
      hasRung = false;
      if (isClosed) return undefined;
      const taken = events;
      events = [];
      return taken;
    },
    ring() {
      hasRung = true;
      wake();
    },
    isEmpty: () => events.length === 0,
    close() {
      isClosed = true;
      wake();
    },
  };
}
