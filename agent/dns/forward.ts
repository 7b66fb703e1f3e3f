import type { Clock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import { copyOf, createAnswerCache, type Kept } from './cache.ts';
import { askUpstream, type Upstream } from './upstream.ts';
import type { Query } from './wire-read.ts';

export interface Forwarder {
  /** What a resolver outside said, as long as that holds, ready for the asker of `query`. */
  known(query: Query, isTcp: boolean): Kept | undefined;
  /**
   * What the resolvers outside say, ready for the asker of `query`: the same question is asked only once at a time, and not
   * while the answer is known. @throws {ReasonError} ServiceUnavailable if none answers, or if too much is under way
   */
  ask(query: Query, isTcp: boolean, signal: AbortSignal): Promise<Uint8Array>;
}

export function createForwarder(options: {
  /** Whom to ask for `name`. */
  upstreams(name: string): readonly Upstream[];
  readonly clock: Clock;
}): Forwarder {
  const cache = createAnswerCache(options.clock);
  const underWay = new Map<string, Promise<Uint8Array>>();

  async function askAll(query: Query, isTcp: boolean, signal: AbortSignal): Promise<Uint8Array> {
    let failure: unknown = new ReasonError('ServiceUnavailable', 'Cannot resolve as no resolver is known');
    for (const upstream of options.upstreams(query.name).slice(0, mostUpstreams)) {
      try {
        const answer = await askUpstream(query, upstream, isTcp, signal);
        const rcode = answer[3]! & 15;
        if (rcode !== 2 && rcode !== 5) return answer;
        failure = new ReasonError('ServiceUnavailable', `Cannot resolve by ${upstream.address}: it answered ${rcode}`);
      } catch (error) {
        signal.throwIfAborted();
        failure = error;
      }
    }
    throw failure;
  }

  function known(query: Query, isTcp: boolean): Kept | undefined {
    const kept = cache.get(keyOf(query, isTcp));
    return kept && { ...kept, bytes: addressed(Uint8Array.from(kept.bytes), query) };
  }

  return {
    known,
    async ask(query, isTcp, signal) {
      const kept = known(query, isTcp);
      const answer = kept && copyOf(kept, options.clock.now());
      if (answer !== undefined) return answer;
      const key = keyOf(query, isTcp);
      let asked = underWay.get(key);
      if (asked === undefined) {
        if (underWay.size >= mostUnderWay) {
          throw new ReasonError('ServiceUnavailable', 'Cannot resolve as too many questions are under way');
        }
        asked = askAll(query, isTcp, signal).finally(() => underWay.delete(key));
        underWay.set(key, asked);
        asked.then(
          (answer) => cache.put(key, answer),
          () => {}, // told to who waits for it
        );
      }
      return addressed(Uint8Array.from(await asked), query);
    },
  };
}
const mostUpstreams = 3; // as resolv.conf has
const mostUnderWay = 1000;

function keyOf({ name, type, class: kind, edns, isCheckingDisabled }: Query, isTcp: boolean): string {
  return [name, type, kind, edns && Number(edns.wantsDnssec), isCheckingDisabled, isTcp].join(' ');
}

/** `answer` under the asker's id, with the question as the asker wrote it. */
function addressed(answer: Uint8Array, query: Query): Uint8Array {
  answer[0] = query.id >> 8;
  answer[1] = query.id & 255;
  if (answer[5] === 1 && answer.length >= 12 + query.question.length) answer.set(query.question, 12);
  answer[2] = (answer[2]! & 0xfe) | Number(query.isRecursionDesired);
  return answer;
}
