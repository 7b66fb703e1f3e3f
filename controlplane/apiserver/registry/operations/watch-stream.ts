// The frames of one watch. It is called for each change and calls whoever takes the frames: with a hundred watches of one
// object, a promise for each of them and each change would cost more than all else.
//
//   opening ──all shown──▶ live, alone ◀──takes no more, bookmark due── live, in a group of those that see the same
//      │                   │    └──────────────all shown─────────────────────▲   │
//      │                   └──timeout, client gone, too much waits──▶ over ◀──────┘
//      └ what is there, its end, what was missed
import { failure } from '#lib/api/status.ts';
import type { Sink, Source } from '../../pushed.ts';
import type { CacheEvent } from '../cache/ring.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import type { ListOptions } from '../options.ts';
import { createSlice } from '../present/pace.ts';
import type { Presenter } from '../present/presenter.ts';
import type { Core, Served } from '../served.ts';
import { bookmarkOf, everyMinute } from './bookmarks.ts';
import type { Selection } from './select.ts';
import type { Common, Member, Membership } from './watch-group.ts';
import { bytesAtOnce, frameOf, isWanted, mostWaiting } from './watched.ts';

export interface Start {
  /** Events after this revision are to come. */
  readonly after: number;
  /** What comes first as if it were new. */
  readonly isInitial: boolean;
}

export interface WatchParts {
  readonly core: Core;
  readonly served: Served;
  readonly options: ListOptions;
  readonly selection: Selection;
  readonly presenter: Presenter;
  readonly start: Start;
  readonly signal: AbortSignal;
}

export function startWatch(parts: WatchParts, sink: Sink): Source {
  const { core, served, options, selection, presenter, start, signal } = parts;
  const { cache } = served;
  const convert = served.conversion?.ready?.bind(served.conversion);
  const seconds = options.timeoutSeconds || minSeconds * (1 + core.random());
  const count = core.watches.counter(served);
  const audience = presenter.likeness === undefined ? undefined : `${selection.name}${presenter.likeness}`;
  const make = (event: CacheEvent) => frameOf(event, selection, presenter);
  // Who sees but one object, or one node's pods, sees what nobody else does.
  const isOneOfMany = audience !== undefined && selection.about === undefined && convert === undefined;
  const common: Common | undefined =
    isOneOfMany && sink.connection !== undefined
      ? { cache, connection: sink.connection, audience, selection, make, count }
      : undefined;
  const me: Member = {
    write(pieces) {
      isFull = !sink.write(pieces);
      if (isFull) goAlone();
    },
    lag,
    fail: (error) => finish(() => sink.fail(error)),
  };
  const done = new AbortController();
  const over = AbortSignal.any([signal, done.signal]);
  const initial = start.isInitial ? initialObjects(served, selection) : [];
  // Between the initial objects and the listener nothing can happen: both are taken in one turn.
  const after = start.isInitial ? Math.max(start.after, cache.lastChange) : start.after;
  const missed = start.isInitial ? [] : cache.eventsAfter(after);
  let shown = after;
  let waiting: CacheEvent[] = [];
  let opening: Iterator<Uint8Array | undefined> | undefined;
  let isOpen = false; // all that comes first has been shown
  let isFull = false;
  let isWaiting = false; // for whoever converts objects, or for its turn
  let ready = 0; // so many of those that wait have been converted
  let isPlanned = false;
  let isBookmarkDue = false;
  let isOver = false;
  let membership: Membership | undefined;

  function isNew(event: CacheEvent): boolean {
    return event.revision > after && isWanted(event, selection);
  }

  function put(event: CacheEvent): void {
    if (isOver || !isNew(event)) return;
    if (waiting.length >= mostWaiting) {
      lag();
      return;
    }
    if (waiting.length === 0)
      waiting = [event]; // mostly the only one: a list that grows takes more room
    else waiting.push(event);
    plan();
  }

  function lag(): void {
    core.watches.terminated(served);
    finish();
  }

  /** It has been shown all: from now on what others are told goes for it, too. */
  function goAlong(): void {
    if (common === undefined || isOver || membership !== undefined) return;
    if (after > cache.lastChange) return; // it waits for what is to come later
    stop();
    membership = core.watchGroups.join(common, me);
  }

  function goAlone(): void {
    if (membership === undefined) return;
    waiting = membership.leave();
    membership = undefined;
    stop = cache.onEvent(put, selection.about);
    plan();
  }

  function plan(): void {
    if (isPlanned || isFull || isWaiting || !isOpen || waiting.length === 0) return;
    isPlanned = true;
    core.turn.atEnd(showNow, sink.connection);
  }

  function showNow(): number {
    isPlanned = false;
    show();
    return 1;
  }

  /** Shows as much as is taken. */
  function show(): void {
    if (isOver || isFull || isWaiting) return;
    try {
      if (!isOpen) open();
      else if (waiting.length > 0) showChanges();
      if (!isOpen || isFull || isOver || isWaiting || waiting.length > 0) return;
      if (isBookmarkDue) bookmark();
      if (!isFull) goAlong();
    } catch (error) {
      finish(() => sink.fail(error));
    }
  }

  function open(): void {
    if (missed === undefined) {
      const why = failure('Expired', `too old resource version: ${after} (${cache.oldestRevision})`);
      sink.write([presenter.error(why.status)]);
      finish();
      return;
    }
    if (opening === undefined) {
      opening = first(missed);
      if (convert !== undefined) {
        ask(initial, missed);
        return;
      }
    }
    if (!pour(opening)) return;
    isOpen = true;
    if (missed.length > 0) shown = missed.at(-1)!.revision;
    if (waiting.length > 0) plan();
  }

  /** What comes first; nothing for what was looked at in vain. */
  function* first(missed: readonly CacheEvent[]): Generator<Uint8Array | undefined> {
    const { matches } = selection;
    for (const stored of initial)
      yield matches?.(stored) === false ? undefined : counted(presenter.event('ADDED', stored));
    if (options.sendsInitialEvents === true) {
      yield presenter.bookmark(bookmarkOf(served, after, { 'k8s.io/initial-events-end': 'true' }));
    }
    for (const event of missed) yield isNew(event) ? counted(make(event)) : undefined;
  }

  function counted(frame: Uint8Array | undefined): Uint8Array | undefined {
    if (frame !== undefined) count(frame.length);
    return frame;
  }

  /** @returns whether all frames have been taken; if not, `show` comes again */
  function pour(frames: Iterator<Uint8Array | undefined>): boolean {
    const slice = createSlice();
    for (;;) {
      const pieces: Uint8Array[] = [];
      let [isEnd, isLong, bytes] = [false, false, 0];
      while (bytes < bytesAtOnce && !isEnd && !isLong) {
        const { done: isDone = false, value } = frames.next();
        isEnd = isDone;
        isLong = slice.isOver();
        if (value === undefined) continue;
        pieces.push(value);
        bytes += value.length;
      }
      if (pieces.length > 0) isFull = !sink.write(pieces);
      if (isEnd) return true;
      if (isFull || isOver) return false;
      if (isLong) {
        wait(core.pace());
        return false;
      }
    }
  }

  function showChanges(): void {
    if (convert !== undefined && ready === 0) {
      ready = waiting.length;
      ask([], waiting);
      return;
    }
    const upTo = convert === undefined ? waiting.length : ready;
    let pieces = nothing;
    let taken = 0;
    for (let bytes = 0; taken < upTo && bytes < bytesAtOnce; taken++) {
      const event = waiting[taken]!;
      const frame = counted(audience === undefined ? make(event) : core.turn.told(event, audience, make));
      if (frame === undefined) continue;
      if (pieces === nothing) pieces = [frame];
      else pieces.push(frame);
      bytes += frame.length;
    }
    shown = waiting[taken - 1]!.revision;
    waiting = taken === waiting.length ? [] : waiting.slice(taken);
    if (convert !== undefined) ready -= taken;
    if (pieces.length > 0) isFull = !sink.write([core.turn.joined(pieces)]);
    if (waiting.length > 0) plan();
  }

  /** Goes on once these can be shown. */
  function ask(objects: readonly StoredObject[], events: readonly CacheEvent[]): void {
    const all = events.flatMap(({ now, before }) => (before === undefined ? [now] : [now, before]));
    wait(convert!([...objects, ...all], over));
  }

  function wait(until: Promise<void>): void {
    isWaiting = true;
    until.then(
      () => {
        isWaiting = false;
        show();
      },
      (error) => finish(() => sink.fail(error)),
    );
  }

  function bookmark(): void {
    isBookmarkDue = false;
    shown = Math.max(shown, core.feed.applied);
    isFull = !sink.write([presenter.bookmark(bookmarkOf(served, shown))]);
  }

  function finish(how = () => sink.end()): void {
    if (isOver) return;
    isOver = true;
    membership?.leave();
    waiting = [];
    stop();
    done.abort(ended);
    how();
  }

  let stop = cache.onEvent(put, selection.about);
  void core.clock.sleep(seconds * 1000, over).then(
    () => finish(),
    () => finish(),
  );
  if (options.allowsBookmarks) {
    const due = () => {
      isBookmarkDue = true;
      goAlone();
      show();
    };
    everyMinute(core, over, due).catch(() => {}); // only the end of the watch aborts it
  }
  show();
  return {
    resume() {
      isFull = false;
      show();
    },
    stop: () => finish(() => {}),
  };
}
const minSeconds = 1800;
const nothing: Uint8Array[] = [];
const ended = new Error('The watch has ended'); // one for all: each would cost a stack trace

/** What may be shown first: it is looked at when it is shown. */
function initialObjects({ cache }: Served, { keyPrefix, key }: Selection): readonly StoredObject[] {
  if (key === undefined) return cache.select(keyPrefix);
  const only = cache.get(key);
  return only === undefined ? [] : [only];
}
