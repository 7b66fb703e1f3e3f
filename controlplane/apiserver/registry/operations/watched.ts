import type { CacheEvent } from '../cache/ring.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import type { Presenter } from '../present/presenter.ts';
import type { Selection } from './select.ts';

/** Events that may wait for one client; one more ends its watch: it resumes from where it got to. */
export const mostWaiting = 10_000;
/** What is encoded before it is known whether the client takes it. */
export const bytesAtOnce = 64 * 1024;

/** Whether a change can be one of those that are selected; a closer look may follow. */
export function isWanted({ now: { key } }: CacheEvent, selection: Selection): boolean {
  return selection.key === undefined ? key.startsWith(selection.keyPrefix) : key === selection.key;
}

/** What a change means to one who sees only what matches: an object may come into or go out of sight by it. */
export function frameOf(event: CacheEvent, { matches }: Selection, presenter: Presenter): Uint8Array | undefined {
  const { type, now, before } = event;
  if (matches === undefined) return presenter.event(type, now);
  const was = before !== undefined && matches(before);
  const is = type !== 'DELETED' && matches(now);
  if (is) return presenter.event(was ? 'MODIFIED' : 'ADDED', now);
  if (!was) return undefined;
  return presenter.event('DELETED', type === 'DELETED' ? now : outOfSight(before, event));
}

/** The state that was last in sight, under the revision at which it went out of it. */
function outOfSight(before: StoredObject, { revision }: CacheEvent): StoredObject {
  return before.at(revision);
}
