/**
 * Where objects are kept: a port with two engines (SQLite embedded, etcd). One suite (suite.ts) runs on both.
 *
 * A *revision* is a positive integer that grows with each committed change of anything; every entry carries the one that
 * last changed it. What a commit has answered is on disk. Keys are `/registry/...` paths, ordered by their bytes.
 */
export interface Store {
  /** The revision of the newest committed change. */
  currentRevision(signal: AbortSignal): Promise<number>;

  get(key: string, signal: AbortSignal): Promise<Entry | undefined>;

  /**
   * Entries under `prefix` in key order, as they were at `atRevision` (the newest if absent).
   * @throws {ReasonError} Expired if `atRevision` was compacted away
   */
  list(query: ListQuery, signal: AbortSignal): Promise<Page>;

  /**
   * Changes one key if it still stands at `expected`: 0 for absent, else its revision.
   * Changes to one key are applied in the order of the calls. Commits that arrive in the same turn may share one write
   * to disk.
   * @returns the entry's new revision, or the entry as it stands (undefined: absent) where `expected` did not hold
   */
  commit(change: Change, signal: AbortSignal): Promise<Committed>;

  /**
   * Changes under `prefix` with a revision above `after`, in order, batch by batch, until `signal` is aborted. A watch
   * of `/registry/` comes to every revision that `currentRevision` names, by an empty batch if it must.
   * A watcher that does not keep up is ended with Expired once more waits for it than the engine's bound.
   * @throws {ReasonError} Expired if changes after `after` were compacted away
   */
  watch(prefix: string, after: number, signal: AbortSignal): AsyncIterable<Changes>;

  /** Forgets what was overwritten or deleted at or before `revision`. Repeating it is harmless, so is a lower one. */
  compact(revision: number, signal: AbortSignal): Promise<void>;

  /** Which part of the room that it may take is taken: above 1 only deletions are possible. Absent: nobody knows. */
  fullness?(): number;

  /** What it takes on disk, free room included. Absent: nobody knows. */
  sizeBytes?(): number;

  /** Others write to it as well, and a watch shows a change only some time after it was acknowledged. */
  readonly isShared?: boolean;

  /** Goes on counting from `revision`, and forgets all changes until then. Where an engine can: else writing has to. */
  raise?(revision: number, signal: AbortSignal): Promise<void>;

  /** What keeps the engine in shape while it serves, compaction included, where it knows better than the caller. */
  run?(signal: AbortSignal): Promise<void>;

  /** Why it cannot be reached, if it cannot. */
  problem?(): string | undefined;

  close(): Promise<void>;
}

export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Revision of the last change. */
  readonly revision: number;
}

export interface ListQuery {
  readonly prefix: string;
  /** Only keys after this one. */
  readonly after?: string;
  readonly limit?: number;
  readonly atRevision?: number;
}

export interface Page {
  readonly entries: readonly Entry[];
  /** The revision at which the page was read. */
  readonly revision: number;
  /** How many entries follow this page. */
  readonly remaining: number;
  /** The key to go on after, where not every entry is shown. */
  readonly last?: string;
}

export interface Change {
  readonly key: string;
  /** 0: must be absent. */
  readonly expected: number;
  /** Absent: delete; what is absent already cannot be deleted (`ok: false`). */
  readonly value?: Uint8Array;
  /**
   * Told the revision while the change is on its way to the disk, by an engine that knows it then: what will be shown can be made
   * ready, not yet be shown. Must not throw.
   */
  meanwhile?(revision: number): void;
}

export type Committed =
  | { readonly ok: true; readonly revision: number }
  | { readonly ok: false; readonly current: Entry | undefined };

export interface Changes {
  readonly events: readonly StoreEvent[];
  /** Everything up to this revision has been shown. */
  readonly revision: number;
}

export interface StoreEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  /** The new value; of a deletion, the last one. */
  readonly value: Uint8Array;
  readonly revision: number;
}
