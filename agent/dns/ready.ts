import type { Kept } from './cache.ts';
import type { How } from './counts.ts';

/** Answers that were given over UDP, each under the very bytes that asked for it, all but their id. */
export interface ReadyAnswers {
  /** `version`: that of the zone. What was answered under another one is forgotten. */
  get(question: Uint8Array, version: number): ReadyAnswer | undefined;
  put(question: Uint8Array, version: number, answer: ReadyAnswer): void;
}

export interface ReadyAnswer {
  /** One, or (where several addresses are given in turn) as many as there are turns, each once it was made. */
  readonly kept: readonly (Kept | undefined)[];
  readonly how: How;
  /** What the question asked for, and how that ended: for metrics. */
  readonly type: number;
  readonly rcode: number;
}

/** Keeps between `most` and twice as many: those that were not asked for lately go, all at once. */
export function createReadyAnswers(most = 2048): ReadyAnswers {
  let lately = new Map<string, ReadyAnswer>();
  let before = new Map<string, ReadyAnswer>();
  let atVersion = -1;

  function keep(key: string, answer: ReadyAnswer): void {
    if (lately.size >= most) {
      before = lately;
      lately = new Map();
    }
    lately.set(key, answer);
  }

  function forgetUnless(version: number): void {
    if (version === atVersion) return;
    lately = new Map();
    before = new Map();
    atVersion = version;
  }

  return {
    get(question, version) {
      forgetUnless(version);
      if (question.length > mostBytes) return undefined;
      const key = keyOf(question);
      const found = lately.get(key);
      if (found !== undefined) return found;
      const older = before.get(key);
      if (older !== undefined) keep(key, older);
      return older;
    },
    put(question, version, answer) {
      forgetUnless(version);
      if (question.length <= mostBytes) keep(keyOf(question), answer);
    },
  };
}
// A header, the longest name, and what clients add to it. Who asks with more is answered, and not remembered.
const mostBytes = 320;

function keyOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1', 2);
}
