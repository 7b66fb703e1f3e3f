// One HTTP/2 connection to the API server at a time: made when first needed, watched by pings, replaced when it dies, or
// when its server is silent and another one is not. Of requests it knows only how long they wait.
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { type Credentials, type Dialled, dialFirst } from './dial.ts';
import { createWaiting } from './waiting.ts';

export interface SessionOptions {
  /** Such as `https://10.0.0.1:6443`. */
  readonly server: string;
  /** Further servers of the same API, at the moment: each is tried where the one before cannot be reached. */
  others?(): readonly string[];
  /** The name to expect in the server's certificate, if not that of `server`. */
  readonly serverName?: string;
  /** Asked for each new connection, so that certificates may be replaced meanwhile. */
  credentials(): Promise<Credentials>;
  /** How long a ping may stay unanswered, where that is not to be seen soon: what plays many machines on one has its pauses. */
  readonly patienceMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SessionKeeper {
  /** The connection in use, made if there is none. @throws {ReasonError} ServiceUnavailable */
  get(signal: AbortSignal): Promise<ClientHttp2Session>;
  /** Counts `stream` as one that runs over `session`, until it closes. */
  track(session: ClientHttp2Session, stream: ClientHttp2Stream): void;
  /** Requests from now on go over a new connection; the old one closes when its last request has ended. */
  renew(): void;
  close(): void;
}

export function createSessionKeeper(options: SessionOptions): SessionKeeper {
  const { server, serverName, clock, log } = options;
  if (new URL(server).protocol !== 'https:')
    throw new TypeError(`Cannot use ${server} as an API server: only https is spoken`);
  const servers = (): readonly string[] => [...new Set([server, ...(options.others?.() ?? [])])];
  const areMany = () => servers().length > 1;
  let at = server; // the one in use, for as long as it can be reached
  let silent: string | undefined; // did not answer a ping: the others are tried first
  let movedMs = Number.NEGATIVE_INFINITY; // because of that
  const life = new AbortController();
  let current: ClientHttp2Session | undefined;
  const streams = new WeakMap<ClientHttp2Session, number>(); // how many run over it
  let renewals = 0;
  const retired = new Set<ClientHttp2Session>(); // replaced, and still in use by the streams that began there
  let pending: Promise<ClientHttp2Session> | undefined;
  let failures = 0;
  let notBeforeMs = 0;
  const waiting = createWaiting(clock, life.signal);

  async function get(signal: AbortSignal): Promise<ClientHttp2Session> {
    if (current !== undefined && !current.closed && !current.destroyed) return current;
    life.signal.throwIfAborted();
    pending ??= open().finally(() => {
      pending = undefined;
    });
    return await unlessAborted(pending, signal);
  }

  async function open(): Promise<ClientHttp2Session> {
    const before = renewals;
    const waitMs = notBeforeMs - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs, life.signal);
    try {
      const all = servers();
      const from = Math.max(all.indexOf(at), 0) + (at === silent ? 1 : 0);
      const made = await dialOf([...all.slice(from), ...all.slice(0, from)], life.signal);
      failures = 0;
      use(made);
      if (before !== renewals) queueMicrotask(renew); // it was made with what has been replaced meanwhile: for who waits alone
      return made.session;
    } catch (error) {
      failures++;
      notBeforeMs = clock.now() + backoffMs(failures, { firstMs: 20, mostMs: 1_000 });
      throw new ReasonError('ServiceUnavailable', `Cannot reach the API server at ${server}`, { cause: error });
    }
  }

  async function dialOf(urls: readonly string[], signal: AbortSignal): Promise<Dialled> {
    const credentials = await options.credentials();
    const limitMs = areMany() ? dialOneOfManyMs : dialMs;
    return dialFirst(urls, { credentials, serverName, limitMs, life: life.signal, clock, log }, signal);
  }

  function use({ url, session }: Dialled): void {
    if (url !== at) log.info('Moved to another API server', { server: url, from: at });
    at = url;
    silent = undefined;
    current = session;
    void keepAlive(session);
  }

  /** Ends a connection whose other end does not answer: a cable that was pulled sends no goodbye. */
  async function keepAlive(session: ClientHttp2Session): Promise<void> {
    const url = at;
    while (!session.destroyed && !life.signal.aborted) {
      const isAnswered = await ping(session, url);
      if (session.destroyed) return;
      if (!isAnswered) {
        log.warn('Closed a connection that did not answer', { server: url });
        if (session === current || current === undefined) silent = url;
        session.destroy(new Error('The API server did not answer a ping'));
        return;
      }
      await waiting.pause(areMany() ? pingOneOfManyMs : pingEveryMs, areMany());
    }
  }

  /** @returns whether it was answered, before another server turned out to be there that is not silent */
  async function ping(session: ClientHttp2Session, url: string): Promise<boolean> {
    const done = new AbortController();
    const over = AbortSignal.any([done.signal, life.signal]);
    const closed = Promise.withResolvers<boolean>();
    const noAnswer = () => closed.resolve(false);
    session.once('close', noAnswer);
    const answer = new Promise<boolean>((resolve) => {
      if (!session.ping((error) => resolve(error === null))) resolve(false);
    });
    const late = (ms: number) =>
      clock.sleep(ms, over).then(
        () => false,
        () => true,
      );
    try {
      if (options.patienceMs !== undefined || !areMany()) {
        return await Promise.race([answer, closed.promise, late(options.patienceMs ?? pongMs)]);
      }
      // Who has just moved is more patient: where all are slow, nobody is to run in circles.
      const soonMs = clock.now() - movedMs < calmMs ? pongAgainMs : pongOneOfManyMs;
      const isLate = late(soonMs).then(() => 'late' as const);
      const heard = await Promise.race([answer, closed.promise, isLate]);
      if (heard !== 'late' || life.signal.aborted) return heard !== false;
      const moved = session === current ? moveFrom(session, url, answer, over) : new Promise<never>(() => {});
      return await Promise.race([answer, closed.promise, moved, late(pongMs - soonMs)]);
    } finally {
      session.off('close', noAnswer);
      done.abort();
    }
  }

  /** Settles, with false, when another server was found while this one was still silent; never if there is none. */
  async function moveFrom(
    session: ClientHttp2Session,
    url: string,
    answer: Promise<boolean>,
    signal: AbortSignal,
  ): Promise<false> {
    let isHeard = false;
    void answer.then((is) => {
      isHeard = is;
    });
    try {
      const made = await dialOf(
        servers().filter((one) => one !== url),
        signal,
      );
      if (!isHeard && session === current && !signal.aborted) {
        movedMs = clock.now();
        use(made);
        return false;
      }
      made.session.destroy();
    } catch {
      // nobody else is there: the ping may be answered yet
    }
    return new Promise<never>(() => {});
  }

  function track(session: ClientHttp2Session, stream: ClientHttp2Stream): void {
    streams.set(session, (streams.get(session) ?? 0) + 1);
    waiting.begin(stream);
    stream.once('close', () => {
      streams.set(session, (streams.get(session) ?? 1) - 1);
      closeIfIdle(session);
    });
  }

  /** Not before its last stream has ended: a session that is closing cannot be asked whether its other end lives. */
  function closeIfIdle(session: ClientHttp2Session): void {
    if (retired.has(session) && (streams.get(session) ?? 0) === 0) session.close();
  }

  function renew(): void {
    renewals++;
    const old = current;
    current = undefined;
    if (old === undefined || old.destroyed) return;
    retired.add(old);
    old.once('close', () => retired.delete(old));
    closeIfIdle(old);
  }

  return {
    get,
    track,
    renew,
    close: () => life.abort(), // ends each connection there is, those that were renewed meanwhile, too
  };
}
const dialMs = 10_000;
const pingEveryMs = 5_000;
const pongMs = 4_000; // with pingEveryMs: a dead connection is noticed within 9 s
// Where there is another one to go to, less patience is due.
const dialOneOfManyMs = 2_000;
const pingOneOfManyMs = 1_000;
const pongOneOfManyMs = 1_000;
const pongAgainMs = 1_500;
const calmMs = 30_000;

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([promise, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
