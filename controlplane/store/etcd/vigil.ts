// Members are compared when calls wait long for one of them. A member tells of itself without asking the others, or its
// disk: so one that is slow, or that waits for an election, is told from one that is gone.
import { status as codes } from '@grpc/grpc-js';
import type { Clock } from '#lib/clock.ts';
import type { Channel } from './channel.ts';
import { EtcdError, saysNoLeader } from './errors.ts';
import type { StatusResponse } from './wire.ts';

/** What is seen of a member: nothing in time; one that knows of no leader; one that follows (or is) a leader. */
export type Sight = { readonly state: 'silent' | 'alone' } | { readonly state: 'led'; readonly reign: string };

export interface VigilOptions {
  /** The one that is asked at present. */
  mine(): Channel;
  all(): readonly Channel[];
  /** How long each may take to tell of itself. */
  patienceMs(): number;
  /** Another one answers, and mine does not, or has lost the others. */
  onBetter(mine: Channel, other: Channel): void;
  /** There is a new leader: what was proposed under the last one may never be answered. */
  onNewReign(mine: Channel): void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Vigil {
  /** A call begins to wait; to be called back when it ends. */
  begin(): () => void;
  /** Compares the members now. */
  look(): Promise<void>;
}

export function createVigil(options: VigilOptions): Vigil {
  const { mine, all, patienceMs, onBetter, onNewReign, clock, signal } = options;
  const sinceMs = new Set<{ readonly atMs: number }>(); // the oldest first
  const reigns = new Map<Channel, string>();
  let isKept = false;
  let looking: Promise<void> | undefined;

  /** For as long as there are calls: nothing is sent as long as none of them waits long. */
  async function keep(): Promise<void> {
    for (;;) {
      const restMs = longMs - waitedMs();
      if (restMs > 0) reigns.clear();
      if (restMs <= 0) await look();
      await clock.sleep(restMs > 0 ? restMs : againMs, signal);
      if (sinceMs.size > 0) continue;
      isKept = false;
      reigns.clear();
      return;
    }
  }

  function waitedMs(): number {
    const [oldest] = sinceMs;
    return oldest === undefined ? 0 : clock.now() - oldest.atMs;
  }

  function look(): Promise<void> {
    looking ??= compare().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  async function compare(): Promise<void> {
    const [asked, withinMs] = [mine(), patienceMs()];
    const sights = new Map<Channel, Sight>();
    const isLed = Promise.withResolvers<void>();
    const end = new AbortController();
    const over = AbortSignal.any([signal, end.signal]);
    const asking = all().map(async (channel) => {
      const sight = await see(channel, withinMs, over);
      sights.set(channel, sight);
      if (channel === asked && sight.state === 'led') isLed.resolve();
    });
    await Promise.race([isLed.promise, Promise.all(asking), clock.sleep(withinMs, over).catch(() => {})]);
    end.abort();
    if (signal.aborted || mine() !== asked) return;
    const sight = sights.get(asked);
    if (sight?.state === 'led') {
      const before = reigns.get(asked);
      reigns.set(asked, sight.reign);
      if (before !== undefined && before !== sight.reign) onNewReign(asked);
      return;
    }
    const other = inTurnAfter(asked, all()).find((channel) => sights.get(channel)?.state === 'led');
    if (other !== undefined) onBetter(asked, other);
  }

  return {
    look,
    begin() {
      const call = { atMs: clock.now() };
      sinceMs.add(call);
      if (!isKept) {
        isKept = true;
        keep().catch(() => {}); // only the end of all comes here
      }
      return () => sinceMs.delete(call);
    },
  };
}
const longMs = 500;
const againMs = 250;

export async function see(channel: Channel, withinMs: number, signal: AbortSignal): Promise<Sight> {
  try {
    const { leader, raftTerm } = await channel.call<StatusResponse>('Maintenance/Status', {}, withinMs, signal);
    return leader === '0' ? { state: 'alone' } : { state: 'led', reign: `${leader}/${raftTerm}` };
  } catch (error) {
    if (saysNoLeader(error)) return { state: 'alone' };
    // One that may not tell lives all the same.
    if (error instanceof EtcdError && mute.has(error.code)) return { state: 'led', reign: '' };
    return { state: 'silent' };
  }
}
const mute: ReadonlySet<number> = new Set([codes.UNIMPLEMENTED, codes.PERMISSION_DENIED, codes.UNAUTHENTICATED]);

export function inTurnAfter<T>(one: T, all: readonly T[]): readonly T[] {
  const at = all.indexOf(one);
  return [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))];
}
