import type { Clock } from '#lib/clock.ts';
import { readTimes } from './wire-read.ts';

/** Answers of resolvers outside, for as long as they may be kept. The oldest goes when it is full. */
export interface AnswerCache {
  /** The answer's bytes, its TTLs lowered by its age, or undefined. A copy: the caller sets the id and the question. */
  get(key: string): Uint8Array | undefined;
  put(key: string, answer: Uint8Array): void;
}

export function createAnswerCache(clock: Clock, most = 4096): AnswerCache {
  const kept = new Map<string, Kept>();
  return {
    get(key) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      const ageSeconds = Math.floor((clock.now() - found.atMs) / 1000);
      if (ageSeconds < found.ttlSeconds) return aged(found, ageSeconds);
      kept.delete(key);
      return undefined;
    },
    put(key, bytes) {
      const times = readTimes(bytes);
      if (times === undefined || times.isTruncated || (times.rcode !== 0 && times.rcode !== 3)) return;
      const ttlSeconds = Math.min(times.ttlSeconds, longestSeconds);
      if (ttlSeconds === 0) return;
      kept.delete(key);
      kept.set(key, { bytes: Uint8Array.from(bytes), ttlOffsets: times.ttlOffsets, ttlSeconds, atMs: clock.now() });
      if (kept.size > most) kept.delete(kept.keys().next().value!);
    },
  };
}
const longestSeconds = 30;

interface Kept {
  readonly bytes: Uint8Array;
  readonly ttlOffsets: readonly number[];
  readonly ttlSeconds: number;
  readonly atMs: number;
}

function aged({ bytes, ttlOffsets }: Kept, ageSeconds: number): Uint8Array {
  const copy = Buffer.from(bytes);
  for (const at of ttlOffsets) copy.writeUInt32BE(Math.max(0, copy.readUInt32BE(at) - ageSeconds), at);
  return copy;
}
