// The watches of one connection that see the same objects in the same form, and have seen all there was: a change is looked
// at once for all of them. A hundred that each looked for themselves would cost twice what it takes to write to them.

import type { ResourceCache } from '../cache/resource-cache.ts';
import type { CacheEvent } from '../cache/ring.ts';
import type { Turn } from '../cache/turn.ts';
import type { Selection } from './select.ts';
import { bytesAtOnce, isWanted, mostWaiting } from './watched.ts';

/** What is the same for all watches of a group. */
export interface Common {
  readonly cache: ResourceCache;
  /** What they all share. */
  readonly connection: object;
  /** Names what they see, and how: the same name, the same frames. */
  readonly audience: string;
  readonly selection: Selection;
  /** @returns what an event is to them; undefined: nothing */
  make(event: CacheEvent): Uint8Array | undefined;
  /** One of them was told an event of so many bytes. */
  count(bytes: number, times: number): void;
}

export interface Member {
  /** Leaves the group if its client takes no more. */
  write(pieces: readonly Uint8Array[]): void;
  /** More waits for it than may. */
  lag(): void;
  fail(error: unknown): void;
}

export interface WatchGroups {
  /** From now on `member` is told of changes. It has been shown all of them so far. */
  join(common: Common, member: Member): Membership;
}

export interface Membership {
  /** @returns the changes that it has not been shown */
  leave(): CacheEvent[];
}

interface Seat {
  readonly member: Member;
  /** The number of the first change that it has not been shown. */
  next: number;
}

/** Changes are numbered as they come: several may have one revision, where a cache was filled anew. */
interface Group {
  readonly seats: Set<Seat>;
  readonly waiting: CacheEvent[];
  /** The number of the first that waits. */
  first: number;
  readonly stop: () => void;
}

export function createWatchGroups(turn: Turn): WatchGroups {
  const all = new Map<ResourceCache, Map<object, Map<string, Group>>>();

  function find(common: Common): Group {
    const { cache, connection, audience } = common;
    let connections = all.get(cache);
    if (connections === undefined) all.set(cache, (connections = new Map()));
    let audiences = connections.get(connection);
    if (audiences === undefined) connections.set(connection, (audiences = new Map()));
    let group = audiences.get(audience);
    if (group === undefined) audiences.set(audience, (group = open(common, turn)));
    return group;
  }

  function forget({ cache, connection, audience }: Common): void {
    const connections = all.get(cache);
    const audiences = connections?.get(connection);
    audiences?.delete(audience);
    if (audiences?.size === 0) connections?.delete(connection);
    if (connections?.size === 0) all.delete(cache);
  }

  return {
    join(common, member) {
      const group = find(common);
      const seat = { member, next: group.first + group.waiting.length };
      group.seats.add(seat);
      return {
        leave() {
          if (group.seats.delete(seat) && group.seats.size === 0) {
            group.stop();
            forget(common);
          }
          return group.waiting.slice(Math.max(0, seat.next - group.first));
        },
      };
    },
  };
}

interface Pieces {
  readonly pieces: readonly Uint8Array[];
  /** Of each frame in them. */
  readonly lengths: readonly number[];
}

function open(common: Common, turn: Turn): Group {
  const { connection, audience, selection, make, count } = common;
  const seats = new Set<Seat>();
  let isPlanned = false;

  function put(event: CacheEvent): void {
    if (!isWanted(event, selection)) return;
    group.waiting.push(event);
    if (group.waiting.length > mostWaiting) for (const { member } of seats) member.lag();
    plan();
  }

  function plan(): void {
    if (isPlanned) return;
    isPlanned = true;
    turn.atEnd(tell, connection);
  }

  /** @returns how many were told */
  function tell(): number {
    isPlanned = false;
    if (seats.size === 0) return 0;
    try {
      return tellSome();
    } catch (error) {
      for (const { member } of seats) member.fail(error);
      return 0;
    }
  }

  function tellSome(): number {
    const { waiting, first } = group;
    const frames: (Uint8Array | undefined)[] = []; // of each that is taken
    for (let bytes = 0; frames.length < waiting.length && bytes < bytesAtOnce; ) {
      const frame = turn.told(waiting[frames.length]!, audience, make);
      frames.push(frame);
      bytes += frame?.length ?? 0;
    }
    waiting.splice(0, frames.length);
    group.first += frames.length;
    const forAll = piecesOf(frames);
    let told = 0;
    for (const seat of seats) {
      const { next } = seat;
      if (next >= group.first) continue;
      seat.next = group.first;
      if (next > first) {
        showRest(seat.member, piecesOf(frames.slice(next - first))); // it came while they waited, and has been shown some
      } else if (forAll.pieces.length > 0) {
        told += 1;
        seat.member.write(forAll.pieces);
      }
    }
    for (const length of forAll.lengths) count(length, told);
    if (waiting.length > 0) plan();
    return told;
  }

  function showRest(member: Member, { pieces, lengths }: Pieces): void {
    if (pieces.length === 0) return;
    for (const length of lengths) count(length, 1);
    member.write(pieces);
  }

  function piecesOf(frames: readonly (Uint8Array | undefined)[]): Pieces {
    const shown = frames.filter((frame) => frame !== undefined);
    return { pieces: shown.length === 0 ? [] : [turn.joined(shown)], lengths: shown.map(({ length }) => length) };
  }

  const group: Group = { seats, waiting: [], first: 0, stop: common.cache.onEvent(put) };
  return group;
}
