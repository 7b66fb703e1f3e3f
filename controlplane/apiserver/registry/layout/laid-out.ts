import { ReasonError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import type { Changes, Entry, Store, StoreEvent } from '../../../store/store.ts';
import { fromUpstream, toUpstream } from './form.ts';
import { createKinds, type OlderVersions } from './kinds.ts';

/**
 * `store` with values as upstream's API server writes and reads them, seen as this server's own: each may be started on
 * what the other has stored. What is no object of the API (allocation ranges, say) is not shown.
 */
export function laidOut(store: Store, log: Log, older: OlderVersions = {}): Store {
  const kindOf = createKinds(older);

  function shown<T extends Entry | StoreEvent>(entry: T): T | undefined {
    const value = fromUpstream(entry.value, kindOf(entry.key));
    return value === undefined ? undefined : { ...entry, value };
  }

  /** One that cannot be read hides itself, not all the others. */
  function readable<T extends Entry | StoreEvent>(entries: readonly T[]): T[] {
    return entries.flatMap((entry) => {
      try {
        return shown(entry) ?? [];
      } catch (error) {
        log.error('Could not read a stored object', { key: entry.key, revision: entry.revision, err: error });
        return [];
      }
    });
  }

  function one(entry: Entry | undefined): Entry | undefined {
    try {
      return entry && shown(entry);
    } catch (error) {
      throw new ReasonError('InternalError', `Cannot read what is stored under ${entry!.key}`, { cause: error });
    }
  }

  async function* watch(...asked: Parameters<Store['watch']>): AsyncGenerator<Changes> {
    for await (const { events, revision } of store.watch(...asked)) yield { events: readable(events), revision };
  }

  return {
    ...store,
    get: async (key, signal) => one(await store.get(key, signal)),
    async list(query, signal) {
      const page = await store.list(query, signal);
      const last = page.entries.at(-1);
      return { ...page, entries: readable(page.entries), ...(last === undefined ? {} : { last: last.key }) };
    },
    async commit({ value, ...change }, signal) {
      const written = value === undefined ? {} : { value: toUpstream(value, kindOf(change.key)) };
      const done = await store.commit({ ...change, ...written }, signal);
      return done.ok ? done : { ok: false, current: one(done.current) };
    },
    watch,
  };
}
