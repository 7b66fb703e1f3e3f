// A watch that outlives the members it hangs on: it goes on at another one from where it got to.
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason, ReasonError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { createInbox, type Inbox } from '../inbox.ts';
import type { Changes, StoreEvent } from '../store.ts';
import type { Channel } from './channel.ts';
import { EtcdError } from './errors.ts';
import { endOf, everything, type Keys } from './keys.ts';
import type { Members } from './members.ts';
import type { WatchEvent, WatchResponse } from './wire.ts';

export interface WatchOptions {
  readonly members: Members;
  readonly keys: Keys;
  readonly prefix: string;
  readonly after: number;
  readonly maxWaiting: number;
  readonly clock: Clock;
  readonly log: Log;
}

export async function* watchEtcd(options: WatchOptions, signal: AbortSignal): AsyncGenerator<Changes> {
  const ended = new AbortController();
  const inbox = createInbox(options.prefix, options.maxWaiting, signal, () => ended.abort());
  if (signal.aborted) return;
  void pump(options, inbox, ended.signal).catch(inbox.fail);
  yield* inbox;
}

async function pump(options: WatchOptions, inbox: Inbox, signal: AbortSignal): Promise<void> {
  const { members, clock, log } = options;
  let after = options.after;
  const put = (changes: Changes): void => {
    after = changes.revision;
    failures = 0;
    inbox.put(changes);
  };
  let failures = 0;
  while (!signal.aborted) {
    const { channel, left } = members.current();
    try {
      await follow(options, channel, after, put, AbortSignal.any([signal, left]));
    } catch (error) {
      if (signal.aborted) return;
      if (hasReason(error, 'Expired')) throw error;
      if (left.aborted) continue; // others found out first
      failures += 1;
      members.leave(channel);
      log.warn('Lost a watch of etcd', { server: channel.url, failures, err: error });
      await clock.sleep(backoffMs(failures, { firstMs: 20, mostMs: 200 }), signal).catch(() => {}); // the end comes above
    }
  }
}

interface WatchRequest {
  readonly createRequest?: object;
  readonly progressRequest?: object;
}
type Conversation = ClientDuplexStream<WatchRequest, WatchResponse>;

/** Hangs on one member until it fails. */
async function follow(
  { members, keys, prefix, clock }: WatchOptions,
  channel: Channel,
  from: number,
  put: (changes: Changes) => void,
  signal: AbortSignal,
): Promise<void> {
  const call: Conversation = channel.converse('Watch/Watch');
  let after = from;
  const done = new AbortController();
  const over = AbortSignal.any([signal, done.signal]);
  const failed = Promise.withResolvers<never>();
  const cancel = () => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  let heardMs = clock.now();
  let quiet = after; // the revision of the last answer about progress, with no event since
  call.on('data', (message: WatchResponse) => {
    heardMs = clock.now();
    try {
      const changes = read(message, keys, prefix) ?? progress(message, quiet, after);
      quiet = message.events.length > 0 ? 0 : Number(message.header.revision);
      if (changes === undefined) return;
      after = changes.revision;
      put(changes);
    } catch (error) {
      failed.reject(error);
    }
  });
  call.on('error', (error: ServiceError) => failed.reject(new EtcdError(error, { cause: error })));
  call.on('end', () => failed.reject(new Error('etcd ended the watch')));
  call.write({
    createRequest: { ...rangeOf(prefix, keys), startRevision: after + 1, progressNotify: true, prevKv: true },
  });
  try {
    await Promise.race([failed.promise, keepAsking(call, () => heardMs, members, clock, over)]);
  } finally {
    signal.removeEventListener('abort', cancel);
    done.abort();
    call.cancel();
    call.on('error', () => {}); // that it was cancelled
  }
}

/**
 * A watch of everything of ours watches all that there is: each revision of etcd then comes by, whoever made it, and
 * tells how far the watch is.
 */
function rangeOf(prefix: string, keys: Keys): { readonly key: Buffer; readonly rangeEnd: Buffer } {
  if (prefix === '/registry/') return { key: everything, rangeEnd: everything };
  return { key: keys.out(prefix), rangeEnd: endOf(keys.out(prefix)) };
}

/** What a message tells. @throws {ReasonError} Expired if what comes next was compacted away */
function read(
  { canceled, cancelReason, compactRevision, events }: WatchResponse,
  keys: Keys,
  prefix: string,
): Changes | undefined {
  if (canceled) {
    if (Number(compactRevision) === 0) throw new Error(`etcd cancelled the watch: ${cancelReason}`);
    throw new ReasonError('Expired', `Changes up to revision ${compactRevision} were compacted away`);
  }
  const last = events.at(-1);
  if (last === undefined) return undefined;
  const mine = events.filter(({ kv }) => keys.owns(kv.key)).map((event) => eventOf(event, keys));
  return {
    events: prefix === '/registry/' ? mine : mine.filter(({ key }) => key.startsWith(prefix)),
    revision: Number(last.kv.modRevision),
  };
}

/**
 * A revision without events: the first of a new etcd, or one that a restored etcd was lifted to. Told by what it answers
 * when it is asked for progress; that may overtake events (before 3.4.25), so it has to say the same twice.
 */
function progress({ created, header }: WatchResponse, quiet: number, after: number): Changes | undefined {
  const revision = Number(header.revision);
  if (created && revision <= 1) return { events: [], revision };
  return !created && revision === quiet && revision > after ? { events: [], revision } : undefined;
}

function eventOf({ type, kv, prevKv }: WatchEvent, keys: Keys): StoreEvent {
  const base = { key: keys.in(kv.key), revision: Number(kv.modRevision) };
  if (type === 0) return { type: 'put', value: kv.value, ...base };
  if (prevKv === null) throw new ReasonError('Expired', `The last value of ${base.key} was compacted away`);
  return { type: 'delete', value: prevKv.value, ...base };
}

/** Asks for a sign of life each second. Where none has come, the others are asked, too. @throws if none has come for three */
async function keepAsking(
  call: Conversation,
  heardMs: () => number,
  members: Pick<Members, 'suspect'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(askMs, signal);
    const quietMs = clock.now() - heardMs();
    if (quietMs > silentMs) throw new Error('etcd has fallen silent');
    if (quietMs > askMs * 1.5) members.suspect();
    call.write({ progressRequest: {} });
  }
}
const askMs = 1_000;
const silentMs = 3_000;
