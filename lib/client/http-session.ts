// One HTTP/2 connection to the API server at a time: made when first needed, watched by pings, replaced when it dies.
// Knows nothing of requests.
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import { ReasonError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';

/** PEM texts; what is absent is not used. */
export interface Credentials {
  readonly ca?: string | Uint8Array | undefined;
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
}

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
  let at = server; // the one in use, for as long as it can be reached
  let silent: string | undefined; // did not answer a ping: the others are tried first
  const life = new AbortController();
  let current: ClientHttp2Session | undefined;
  const streams = new WeakMap<ClientHttp2Session, number>(); // how many run over it
  let renewals = 0;
  const retired = new Set<ClientHttp2Session>(); // replaced, and still in use by the streams that began there
  let pending: Promise<ClientHttp2Session> | undefined;
  let failures = 0;
  let notBeforeMs = 0;

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
      const session = await dialAny(await options.credentials());
      failures = 0;
      current = session;
      void keepAlive(session);
      if (before !== renewals) queueMicrotask(renew); // it was made with what has been replaced meanwhile: for who waits alone
      return session;
    } catch (error) {
      failures++;
      notBeforeMs = clock.now() + backoffMs(failures, { firstMs: 20, mostMs: 1_000 });
      throw new ReasonError('ServiceUnavailable', `Cannot reach the API server at ${server}`, { cause: error });
    }
  }

  async function dialAny(credentials: Credentials): Promise<ClientHttp2Session> {
    const all = servers();
    const from = Math.max(all.indexOf(at), 0) + (at === silent ? 1 : 0);
    for (let tries = 1; ; tries++) {
      const url = all[(from + tries - 1) % all.length]!;
      try {
        const session = await dial(url, credentials, all.length > 1 ? dialOneOfManyMs : dialMs);
        if (url !== at) log.info('Moved to another API server', { server: url, from: at });
        at = url;
        silent = undefined;
        return session;
      } catch (error) {
        if (tries >= all.length || life.signal.aborted) throw error;
      }
    }
  }

  function dial(url: string, { ca, cert, key }: Credentials, limitMs: number): Promise<ClientHttp2Session> {
    return new Promise((resolve, reject) => {
      const session = connect(url, {
        ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
        ...(cert === undefined ? {} : { cert: Buffer.from(cert) }),
        ...(key === undefined ? {} : { key: Buffer.from(key) }),
        ...(serverName === undefined ? {} : { servername: serverName }),
        minVersion: 'TLSv1.2',
        settings: { enablePush: false, initialWindowSize: windowBytes },
      });
      const tooLate = () => session.destroy(new Error('No connection within the time limit'));
      clock.sleep(limitMs, life.signal).then(
        () => session.connecting && tooLate(),
        () => {},
      );
      const end = () => session.destroy();
      life.signal.addEventListener('abort', end, { once: true });
      session.once('close', () => life.signal.removeEventListener('abort', end));
      if (life.signal.aborted) end();
      session.once('connect', () => {
        if (session.destroyed) return; // it came too late
        session.setLocalWindowSize(windowBytes * 4);
        resolve(session);
      });
      session.on('error', (error) => {
        log.debug('Lost the connection to the API server', { server: url, err: error });
        reject(error);
      });
      session.once('close', () => reject(new Error('The connection was closed')));
    });
  }

  /** Ends a connection whose other end does not answer: a cable that was pulled sends no goodbye. */
  async function keepAlive(session: ClientHttp2Session): Promise<void> {
    while (!session.destroyed && !life.signal.aborted) {
      const answered = await ping(session);
      if (session.destroyed) return;
      if (!answered) {
        log.warn('Closed a connection that did not answer', { server: at });
        silent = at;
        session.destroy(new Error('The API server did not answer a ping'));
        return;
      }
      await clock.sleep(servers().length > 1 ? pingOneOfManyMs : pingEveryMs, life.signal).catch(() => {});
    }
  }

  async function ping(session: ClientHttp2Session): Promise<boolean> {
    const done = new AbortController();
    const closed = Promise.withResolvers<boolean>();
    const noAnswer = () => closed.resolve(false);
    session.once('close', noAnswer);
    const answer = new Promise<boolean>((resolve) => {
      if (!session.ping((error) => resolve(error === null))) resolve(false);
    });
    const late = clock
      .sleep(
        options.patienceMs ?? (servers().length > 1 ? pongOneOfManyMs : pongMs),
        AbortSignal.any([done.signal, life.signal]),
      )
      .then(
        () => false,
        () => true,
      );
    try {
      return await Promise.race([answer, closed.promise, late]);
    } finally {
      session.off('close', noAnswer);
      done.abort();
    }
  }

  function track(session: ClientHttp2Session, stream: ClientHttp2Stream): void {
    streams.set(session, (streams.get(session) ?? 0) + 1);
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
// Where there is another one to go to, less patience is due.
const dialOneOfManyMs = 2_000;
const pingOneOfManyMs = 1_000;
const pongOneOfManyMs = 2_000;
const pingEveryMs = 5_000;
const pongMs = 4_000; // with pingEveryMs: a dead connection is noticed within 9 s
const windowBytes = 1 << 20; // so that a large list is not slowed by the default window of 64 KB

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
