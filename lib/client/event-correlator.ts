// Which Event an occurrence becomes: a new one, a higher count on a known one, or none. No clock, no client.
// Rule: client-go tools/record, EventCorrelator with its defaults.
import type { ObjectReference } from '#lib/api/types/core.v1.ts';

export interface Occurrence {
  readonly about: ObjectReference;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly atMs: number;
}

export type EventPlan =
  | { readonly do: 'drop' }
  | { readonly do: 'create'; readonly key: string; readonly message: string }
  | {
      readonly do: 'patch';
      readonly key: string;
      readonly message: string;
      readonly name: string;
      readonly count: number;
    };

export interface Correlator {
  plan(occurrence: Occurrence): EventPlan;
  /** To be told which Event now stands for `key`. */
  written(key: string, name: string, count: number): void;
}

export function createCorrelator(): Correlator {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  const groups = new Map<string, { messages: Set<string>; atMs: number }>();
  const known = new Map<string, { readonly name: string; readonly count: number }>();

  /** 25 at once for one object, then one every 5 minutes. */
  function isSpam(key: string, atMs: number): boolean {
    const bucket = buckets.get(key) ?? { tokens: burst, atMs };
    bucket.tokens = Math.min(burst, bucket.tokens + (atMs - bucket.atMs) / refillMs);
    bucket.atMs = atMs;
    remember(buckets, key, bucket);
    if (bucket.tokens < 1) return true;
    bucket.tokens--;
    return false;
  }

  /** More than ten different messages in ten minutes count as one. */
  function isGrouped(key: string, message: string, atMs: number): boolean {
    const old = groups.get(key);
    const group = old === undefined || atMs - old.atMs > groupMs ? { messages: new Set<string>(), atMs } : old;
    group.atMs = atMs;
    remember(groups, key, group);
    if (group.messages.size < mostAlike) group.messages.add(message);
    return group.messages.size >= mostAlike;
  }

  return {
    plan({ about, type, reason, message, atMs }) {
      const object = [about.apiVersion, about.kind, about.namespace, about.name, about.uid, about.fieldPath].join('/');
      if (isSpam(object, atMs)) return { do: 'drop' };
      const group = `${object}/${type}/${reason}`;
      const grouped = isGrouped(group, message, atMs);
      const text = grouped ? `(combined from similar events): ${message}` : message;
      const key = grouped ? group : `${group}/${message}`;
      const event = known.get(key);
      if (event === undefined) return { do: 'create', key, message: text };
      return { do: 'patch', key, message: text, name: event.name, count: event.count + 1 };
    },
    written(key, name, count) {
      remember(known, key, { name, count });
    },
  };
}
const burst = 25;
const refillMs = 300_000;
const groupMs = 600_000;
const mostAlike = 10;
const mostKept = 1_024;

/** Keeps `value` as the newest entry; beyond the limit the oldest is forgotten. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > mostKept) map.delete(map.keys().next().value!);
}
