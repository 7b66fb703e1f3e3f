// The members of an etcd cluster as one that answers: whoever fails is left for the next.
import { backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Channel, Method } from './channel.ts';
import { concernsAll, isTemporary, translate, wasAbandoned } from './errors.ts';
import { createVigil, inTurnAfter, see } from './vigil.ts';

export interface Members {
  /**
   * Asks one member after the other until one answers, for `giveUpMs` at most. What is asked must do no harm when it is
   * done twice: `tries` says how often it may have been. A function is asked for the request of each try, counted from 1.
   * @throws {ReasonError}
   */
  call<T>(
    method: Method,
    request: object | ((tries: number) => Promise<object>),
    signal: AbortSignal,
    patience?: Patience,
  ): Promise<Answered<T>>;
  /** The one that is asked at present, and until when. */
  current(): Tenure;
  /** It failed: the next is asked from now on. */
  leave(channel: Channel): void;
  /** It has been quiet for long: it is compared with the others, and left if one of them does better. */
  suspect(): void;
  /** Asks the first of all again, if another one has been asked for a while, and it is well. */
  goHome(signal: AbortSignal): Promise<void>;
  /** From now on these are asked; the first of them first, unless the one that is asked at present is among them. */
  replace(channels: readonly Channel[]): void;
  /** Why nobody answered, if the last that was asked was in vain. */
  problem(): string | undefined;
  close(): void;
}

export interface Tenure {
  readonly channel: Channel;
  /** Aborted when another one is asked instead: what hangs on it has to move. */
  readonly left: AbortSignal;
}

export interface Answered<T> {
  readonly answer: T;
  readonly tries: number;
}

export interface Patience {
  /** A member that stands still is left after it, even if it says of itself that it is well. */
  readonly attemptMs: number;
  readonly giveUpMs: number;
}

export interface MembersOptions {
  readonly channels: readonly Channel[];
  readonly clock: Clock;
  readonly log: Log;
}

export function createMembers({ channels: first, clock, log }: MembersOptions): Members {
  let channels = first;
  let tenure = begin(first[0]!);
  let movedMs = Number.NEGATIVE_INFINITY;
  let problem: string | undefined;
  const failed = new WeakSet<Channel>(); // the last time that it was asked
  const end = new AbortController();
  const vigil = createVigil({
    mine: () => tenure.channel,
    all: () => channels,
    // Who has just moved is more patient: where all are slow, nobody is to run in circles.
    patienceMs: () => (clock.now() - movedMs < calmMs ? lookLongMs : lookMs),
    onBetter(mine, other) {
      log.warn('Left a silent etcd member', { server: mine.url, to: other.url });
      failed.add(mine);
      moveTo(other);
      mine.abandon(() => true);
    },
    onNewReign: (mine) => mine.abandon((method) => method !== 'KV/Range'), // questions are answered by etcd itself
    clock,
    signal: end.signal,
  });

  function moveTo(channel: Channel): void {
    if (channel === tenure.channel) return;
    const before = tenure;
    tenure = begin(channel);
    movedMs = clock.now();
    before.end.abort();
  }

  /** To one that has not failed, if there is one. */
  function leave(channel: Channel): void {
    failed.add(channel);
    if (channel !== tenure.channel) return;
    const others = inTurnAfter(channel, channels);
    moveTo(others.find((one) => !failed.has(one)) ?? others[0] ?? channel);
  }

  return {
    async call<T>(
      method: Method,
      asked: object | ((tries: number) => Promise<object>),
      signal: AbortSignal,
      { attemptMs, giveUpMs } = short,
    ) {
      const untilMs = clock.now() + giveUpMs;
      for (let tries = 1; ; tries++) {
        const request = typeof asked === 'function' ? await asked(tries) : asked;
        const { channel } = tenure;
        const done = channels.length > 1 ? vigil.begin() : () => {};
        try {
          const answer = await channel.call<T>(method, request, attemptMs, signal);
          problem = undefined;
          failed.delete(channel);
          return { answer, tries };
        } catch (error) {
          if (signal.aborted || !isTemporary(error)) throw translate(error);
          if (problem === undefined) log.warn('Lost an etcd member', { server: channel.url, method, err: error });
          problem = (error as Error).message;
          if (concernsAll(error)) void vigil.look();
          else if (!wasAbandoned(error)) leave(channel);
          if (clock.now() >= untilMs) throw translate(error);
        } finally {
          done();
        }
        await clock.sleep(backoffMs(tries, { firstMs: 20, mostMs: 200 }), signal);
      }
    },
    current: () => tenure,
    leave,
    suspect: () => void vigil.look(),
    async goHome(signal) {
      const home = channels[0]!;
      if (home === tenure.channel || clock.now() - movedMs < calmMs) return;
      if ((await see(home, lookMs, signal)).state !== 'led' || channels[0] !== home) return;
      failed.delete(home);
      moveTo(home); // what is under way ends where it began
    },
    replace(next) {
      const before = channels;
      channels = next;
      if (!next.includes(tenure.channel)) tenure = begin(next[0]!);
      for (const channel of before) if (!next.includes(channel)) channel.close(); // what runs over it goes on
    },
    problem: () => problem,
    close() {
      end.abort();
      for (const channel of channels) channel.close();
    },
  };
}

function begin(channel: Channel): Tenure & { readonly end: AbortController } {
  const end = new AbortController();
  return { channel, left: end.signal, end };
}

const short: Patience = { attemptMs: 2_500, giveUpMs: 10_000 };
/** For answers that may be large. */
export const long: Patience = { attemptMs: 15_000, giveUpMs: 45_000 };
const lookMs = 500;
const lookLongMs = 1_500;
const calmMs = 30_000;
