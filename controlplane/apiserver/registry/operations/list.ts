import { failure, StatusError } from '#lib/api/status.ts';
import type { ListMeta } from '#lib/api/types/meta.v1.ts';
import { hasReason } from '#lib/errors.ts';
import type { ApiResponse } from '../../exchange.ts';
import { asServed } from '../cache/splice.ts';
import { StoredObject } from '../cache/stored-object.ts';
import { type ContinueToken, decodeContinue, encodeContinue } from '../continue-token.ts';
import { type ListOptions, readListOptions } from '../options.ts';
import type { Listed } from '../present/list-metrics.ts';
import { createSlice } from '../present/pace.ts';
import type { Presenter } from '../present/presenter.ts';
import type { ResourceCall } from '../registry.ts';
import { jsonResponse } from '../respond.ts';
import type { Core, Served } from '../served.ts';
import { type Selection, selectionOf } from './select.ts';
import { freshEnough } from './versions.ts';

export async function list(core: Core, served: Served, call: ResourceCall, presenter: Presenter): Promise<ApiResponse> {
  const options = readListOptions(call.query, served.rules.fieldLabels, false);
  const { items, meta, from, fetched } = await listPage(core, served, call, options);
  core.countList(served, { from, fetched, shown: items.length });
  await served.conversion?.ready?.(items, call.signal);
  return jsonResponse(200, await presenter.list(items, meta), {}, presenter.contentType);
}

interface Page {
  readonly items: readonly StoredObject[];
  readonly meta: ListMeta;
}

export interface ListedPage extends Page {
  readonly from: Listed['from'];
  /** Of how many objects it was chosen. */
  readonly fetched: number;
}

/**
 * One page: from the cache as long as it stands as it stood at the wanted revision, from the store otherwise.
 * @throws {StatusError} Expired with a token to go on from the newest revision, where the old one was compacted away
 */
export async function listPage(
  core: Core,
  served: Served,
  call: ResourceCall,
  options: ListOptions,
): Promise<ListedPage> {
  const selection = selectionOf(served, call, options);
  const { resourceVersion: version, versionMatch, limit } = options;
  if (options.continue !== '') {
    const token = decodeContinue(options.continue);
    if (version !== undefined && version !== 0) {
      throw failure('BadRequest', 'specifying resource version is not allowed when using continue');
    }
    return pageAt(core, served, selection, { token, limit, signal: call.signal });
  }
  // Rule: with a limit and no resourceVersionMatch, a version other than 0 means exactly that one.
  const isExact = versionMatch === 'Exact' || (versionMatch === undefined && limit > 0 && (version ?? 0) > 0);
  if (isExact && version !== undefined) {
    await freshEnough(core, version, call.signal);
    return pageAt(core, served, selection, { token: { revision: version, after: '' }, limit, signal: call.signal });
  }
  const revision = await freshEnough(core, version, call.signal);
  const isUnbounded = version === 0; // limit is not honoured at 0
  const all = candidates(served, selection);
  const found = await cut(core, all, selection, isUnbounded ? 0 : limit, revision);
  return { ...found, from: 'cache', fetched: all.length };
}

function candidates(served: Served, { keyPrefix, key }: Selection): readonly StoredObject[] {
  if (key === undefined) return served.cache.select(keyPrefix);
  const only = served.cache.get(key);
  return only === undefined ? [] : [only];
}

/** The first `limit` of `all` that match; the rest can be had by the token. */
async function cut(
  { pace }: Core,
  all: readonly StoredObject[],
  { matches }: Selection,
  limit: number,
  revision: number,
): Promise<Page> {
  const resourceVersion = String(revision);
  if (limit <= 0 && matches === undefined) return { items: all, meta: { resourceVersion } };
  const most = limit <= 0 ? all.length : limit;
  if (matches === undefined) return page(all.slice(0, most), { revision, left: Math.max(0, all.length - most) });
  const items: StoredObject[] = [];
  const slice = createSlice(); // what has never been looked at is parsed for it
  let hasMore = false;
  for (const stored of all) {
    if (slice.isOver()) await slice.next(pace);
    if (!matches(stored)) continue;
    hasMore = items.length === most;
    if (hasMore) break;
    items.push(stored);
  }
  return page(items, { revision, hasMore });
}

/** Rule: how many remain is told only where no selector makes counting costly. */
function page(
  items: readonly StoredObject[],
  {
    revision,
    left = 0,
    hasMore = left > 0,
  }: { readonly revision: number; readonly left?: number; readonly hasMore?: boolean },
): Page {
  const resourceVersion = String(revision);
  if (!hasMore) return { items, meta: { resourceVersion } };
  const token = encodeContinue({ revision, after: items.at(-1)!.key });
  return { items, meta: { resourceVersion, continue: token, ...(left > 0 ? { remainingItemCount: left } : {}) } };
}

interface PageAt {
  readonly token: ContinueToken;
  readonly limit: number;
  readonly signal: AbortSignal;
}

async function pageAt(
  core: Core,
  served: Served,
  selection: Selection,
  { token, limit, signal }: PageAt,
): Promise<ListedPage> {
  // -1: the client goes on after an expired token, consistent or not, at the newest revision.
  const current = await core.feed.current(signal);
  const revision = token.revision === -1 ? current : token.revision;
  const from = served.cache.lastChange <= revision && revision <= current ? 'cache' : 'storage';
  const all =
    from === 'cache'
      ? candidates(served, selection)
      : await storedAt(core, served, selection, revision, token.after, signal);
  const rest = token.after === '' ? all : all.filter(({ key }) => key > token.after);
  return { ...(await cut(core, rest, selection, limit, revision)), from, fetched: all.length };
}

/** Objects as they were at `revision`. */
async function storedAt(
  core: Core,
  { cache }: Served,
  { keyPrefix, key }: Selection,
  revision: number,
  after: string,
  signal: AbortSignal,
): Promise<readonly StoredObject[]> {
  try {
    const prefix = cache.prefix + keyPrefix;
    const { entries } = await core.store.list({ prefix, atRevision: revision, after: cache.prefix + after }, signal);
    return entries
      .map((entry) => {
        const bytes = asServed(entry.value, entry.revision);
        return new StoredObject(entry.key.slice(cache.prefix.length), entry.revision, bytes, cache.parse);
      })
      .filter((stored) => key === undefined || stored.key === key);
  } catch (error) {
    if (hasReason(error, 'Expired')) throw expired(after);
    throw error;
  }
}

/** Rule: apiserver etcd3, handleCompactedErrorForPaging. */
function expired(after: string): StatusError {
  const text = after === '' ? fresh : inconsistent;
  const metadata = after === '' ? {} : { continue: encodeContinue({ revision: -1, after }) };
  const base = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Expired', code: 410 };
  return new StatusError({ ...base, metadata, message: text });
}
const fresh = 'The resourceVersion for the provided list is too old.';
const inconsistent =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';
