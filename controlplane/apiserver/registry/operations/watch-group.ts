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
  /** It has been shown everything up to this revision. The group keeps it. */
  shown: number;
  /** @returns false if it takes no more: it has left the group then */
  write(pieces: readonly Uint8Array[]): boolean;
  /** More waits for it than may. */
  lag(): void;
  fail(error: unknown): void;
}

export interface WatchGroups {
  /** From now on `member` is told of changes. It has seen all of them so far. */
  join(common: Common, member: Member): Membership;
}

export interface Membership {
  /** @returns the changes that it has not been shown */
  leave(): CacheEvent[];
}

interface Group {
  readonly members: Set<Member>;
  waiting: CacheEvent[];
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
      const isUnseen = (event: CacheEvent): boolean => event.revision > member.shown;
      member.shown = Math.max(member.shown, common.cache.lastChange);
      group.members.add(member);
      return {
        leave() {
          if (group.members.delete(member) && group.members.size === 0) {
            group.stop();
            forget(common);
          }
          return group.waiting.filter(isUnseen);
        },
      };
    },
  };
}

function open(common: Common, turn: Turn): Group {
  const { connection, audience, selection, make, count } = common;
  const members = new Set<Member>();
  let isPlanned = false;

  function put(event: CacheEvent): void {
    if (!isWanted(event, selection)) return;
    group.waiting.push(event);
    if (group.waiting.length > mostWaiting) for (const member of members) member.lag();
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
    if (members.size === 0) return 0;
    try {
      return tellSome();
    } catch (error) {
      for (const member of members) member.fail(error);
      return 0;
    }
  }

  function tellSome(): number {
    const { waiting } = group;
    const frames: Uint8Array[] = [];
    let taken = 0;
    for (let bytes = 0; taken < waiting.length && bytes < bytesAtOnce; taken++) {
      const frame = turn.told(waiting[taken]!, audience, make);
      if (frame === undefined) continue;
      frames.push(frame);
      bytes += frame.length;
    }
    group.waiting = waiting.slice(taken);
    const [first, last] = [waiting[0]!.revision, waiting[taken - 1]!.revision];
    const pieces = frames.length === 0 ? [] : [turn.joined(frames)];
    let told = 0;
    for (const member of members) {
      if (member.shown >= first) {
        tellRest(member, waiting.slice(0, taken));
        continue;
      }
      member.shown = last;
      if (pieces.length === 0) continue;
      told += 1;
      member.write(pieces);
    }
    for (const frame of frames) count(frame.length, told);
    if (group.waiting.length > 0) plan();
    return told;
  }

  /** For one that came while they waited: it has seen some of them. */
  function tellRest(member: Member, events: readonly CacheEvent[]): void {
    const unseen = events.filter(({ revision }) => revision > member.shown);
    if (unseen.length === 0) return;
    member.shown = unseen.at(-1)!.revision;
    const frames = unseen.map((event) => turn.told(event, audience, make)).filter((frame) => frame !== undefined);
    if (frames.length === 0) return;
    for (const frame of frames) count(frame.length, 1);
    member.write(frames);
  }

  const group: Group = { members, waiting: [], stop: common.cache.onEvent(put, selection.about) };
  return group;
}
