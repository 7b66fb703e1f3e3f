// The members of an etcd cluster as one that answers: whoever fails is left for the next.
import { backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Channel, Method } from './channel.ts';
import { isTemporary, translate } from './errors.ts';

export interface Members {
  /**
   * Asks one member after the other until one answers, for `giveUpMs` at most. What is asked must do no harm when it is
   * done twice: `tries` says how often it may have been.
   * @throws {ReasonError}
   */
  call<T>(method: Method, request: object, signal: AbortSignal, patience?: Patience): Promise<Answered<T>>;
  /** The one that is asked at present. */
  current(): Channel;
  /** It failed: the next is asked from now on. */
  leave(channel: Channel): void;
  /** From now on these are asked; the first of them first, unless the one that is asked at present is among them. */
  replace(channels: readonly Channel[]): void;
  /** Why nobody answered, if the last that was asked was in vain. */
  problem(): string | undefined;
  close(): void;
}

export interface Answered<T> {
  readonly answer: T;
  readonly tries: number;
}

export interface Patience {
  /** A member that stands still is left after it. */
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
  let at = 0;
  let problem: string | undefined;

  function leave(channel: Channel): void {
    if (channels[at] === channel) at = (at + 1) % channels.length;
  }

  return {
    async call<T>(method: Method, request: object, signal: AbortSignal, { attemptMs, giveUpMs } = short) {
      const untilMs = clock.now() + giveUpMs;
      for (let tries = 1; ; tries++) {
        const channel = channels[at]!;
        try {
          const answer = await channel.call<T>(method, request, attemptMs, signal);
          problem = undefined;
          return { answer, tries };
        } catch (error) {
          if (signal.aborted || !isTemporary(error)) throw translate(error);
          if (problem === undefined) log.warn('Lost an etcd member', { server: channel.url, method, err: error });
          problem = (error as Error).message;
          leave(channel);
          if (clock.now() >= untilMs) throw translate(error);
        }
        await clock.sleep(backoffMs(tries, { firstMs: 20, mostMs: 500 }), signal);
      }
    },
    current: () => channels[at]!,
    leave,
    replace(next) {
      const before = channels;
      at = Math.max(0, next.indexOf(channels[at]!));
      channels = next;
      for (const channel of before) if (!next.includes(channel)) channel.close(); // what runs over it goes on
    },
    problem: () => problem,
    close() {
      for (const channel of channels) channel.close();
    },
  };
}
const short: Patience = { attemptMs: 2_500, giveUpMs: 10_000 };
/** For answers that may be large. */
export const long: Patience = { attemptMs: 15_000, giveUpMs: 45_000 };
