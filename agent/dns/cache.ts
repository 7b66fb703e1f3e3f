import type { Clock } from '#lib/clock.ts';
import { readTimes } from './wire-read.ts';

/** An answer and how long it holds. */
export interface Kept {
  readonly bytes: Uint8Array;
  /** Where in it the TTLs are that go down as it grows older. */
  readonly ttlOffsets: readonly number[];
  readonly ttlSeconds: number;
  readonly atMs: number;
}

/** A copy of what is kept, its TTLs lowered by its age; undefined if it is too old. */
export function copyOf({ bytes, ttlOffsets, ttlSeconds, atMs }: Kept, nowMs: number): Buffer | undefined {
  const ageSeconds = Math.floor((nowMs - atMs) / 1000);
  if (ageSeconds >= ttlSeconds) return undefined;
  const copy = Buffer.from(bytes);
  for (const at of ttlOffsets) copy.writeUInt32BE(Math.max(0, copy.readUInt32BE(at) - ageSeconds), at);
  return copy;
}

/** Answers of resolvers outside, for as long as they may be kept. The oldest goes when it is full. */
export interface AnswerCache {
  /** What is kept and not too old. Not to be written to. */
  get(key: string): Kept | undefined;
  put(key: string, answer: Uint8Array): void;
}

export function createAnswerCache(clock: Clock, most = 4096): AnswerCache {
  const kept = new Map<string, Kept>();
  return {
    get(key) {
      const found = kept.get(key);
      if (found === undefined || clock.now() - found.atMs < found.ttlSeconds * 1000) return found;
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
