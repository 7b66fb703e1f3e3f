import { encodeForStore } from '#lib/api/json/encode.ts';
import type { ApiObject } from '#lib/api/kinds/object.ts';
import { failure, StatusError } from '#lib/api/status.ts';
import type { Entry } from '../../../store/store.ts';
import { asServed } from '../cache/splice.ts';
import { noLabels, StoredObject } from '../cache/stored-object.ts';
import type { Core, Served } from '../served.ts';

/** Above it etcd refuses a value; here every engine does. */
const maxObjectBytes = 1.5 * 1024 * 1024;

/** The bytes under which `object` is stored. @throws {StatusError} RequestEntityTooLarge */
export async function bytesOf(served: Served, object: ApiObject, signal: AbortSignal): Promise<Uint8Array> {
  const { conversion, type } = served;
  const { bytes } = encodeForStore(
    conversion === undefined ? object : await conversion.toStored(object, signal),
    conversion?.type ?? type,
  );
  if (bytes.length <= maxObjectBytes) return bytes;
  throw failure('RequestEntityTooLarge', `Request entity too large: limit is ${maxObjectBytes}`);
}

export function storedOf({ cache }: Served, key: string, revision: number, bytes: Uint8Array): StoredObject {
  return new StoredObject(key, revision, asServed(bytes, revision), cache.parse);
}

export function storedOfEntry(served: Served, entry: Entry): StoredObject {
  return storedOf(served, entry.key.slice(served.cache.prefix.length), entry.revision, entry.value);
}

/**
 * A failure without a reason, as upstream has it where an error was foreseen by nobody.
 * Rule: responsewriters.ErrorToAPIStatus.
 */
export function unknownError(message: string): StatusError {
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 });
}

export type Outcome =
  | { readonly ok: true; readonly stored: StoredObject }
  | { readonly ok: false; readonly current: StoredObject | undefined };

export interface Put {
  readonly key: string;
  /** 0: absent. */
  readonly expected: number;
  readonly bytes: Uint8Array;
  /** What the bytes are. */
  readonly object: ApiObject;
}

/** Writes `bytes` to `key` if it stands at `expected`. */
export async function commitPut(
  core: Core,
  served: Served,
  { key, expected, bytes, object }: Put,
  signal: AbortSignal,
): Promise<Outcome> {
  const labels = served.conversion === undefined ? (object.metadata.labels ?? noLabels) : undefined; // a webhook may change them
  let stored: StoredObject | undefined;
  const make = (revision: number) => (stored = served.cache.written(key, revision, bytes, labels));
  const change = { key: served.cache.prefix + key, expected, value: bytes, meanwhile: make };
  const done = await core.urgent.during(() => core.store.commit(change, signal));
  if (done.ok) {
    await seen(core, done.revision, signal);
    return { ok: true, stored: stored ?? make(done.revision) };
  }
  return { ok: false, current: done.current && storedOfEntry(served, done.current) };
}

/** Removes `key` if it stands at `expected`. @returns the last state under the revision of the deletion */
export async function commitDelete(
  core: Core,
  served: Served,
  stored: StoredObject,
  signal: AbortSignal,
): Promise<Outcome> {
  const change = { key: served.cache.prefix + stored.key, expected: stored.revision };
  const done = await core.urgent.during(() => core.store.commit(change, signal));
  if (done.ok) {
    await seen(core, done.revision, signal);
    return { ok: true, stored };
  }
  return { ok: false, current: done.current && storedOfEntry(served, done.current) };
}

/**
 * Who has an answer finds what it says in all that this server does next: admission and authorization read the caches.
 * A watch that hangs delays no answer for long: what is done is done.
 */
async function seen({ store, feed }: Core, revision: number, signal: AbortSignal): Promise<void> {
  if (store.isShared) await feed.reached(revision, seenMs, signal);
}
const seenMs = 500;
