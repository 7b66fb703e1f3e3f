// Makes HTTP/2 connections to an API server: to one, or to the first of several that can be reached.
import { type ClientHttp2Session, connect } from 'node:http2';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';

/** PEM texts; what is absent is not used. */
export interface Credentials {
  readonly ca?: string | Uint8Array | undefined;
  readonly cert?: string | Uint8Array | undefined;
  readonly key?: string | Uint8Array | undefined;
}

export interface DialOptions {
  readonly credentials: Credentials;
  /** The name to expect in the server's certificate, if not that of its URL. */
  readonly serverName?: string | undefined;
  /** After so long a server is taken for one that cannot be reached. */
  readonly limitMs: number;
  /** Ends the connection, once made, too. */
  readonly life: AbortSignal;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Dialled {
  readonly url: string;
  readonly session: ClientHttp2Session;
}

/** Each has a head start before the next is tried, too: one that is cut off refuses nothing. @throws what the first failed with */
export async function dialFirst(urls: readonly string[], options: DialOptions, signal: AbortSignal): Promise<Dialled> {
  const end = new AbortController();
  const over = AbortSignal.any([signal, end.signal]);
  const tries: Promise<Dialled>[] = [];
  for (const url of urls) tries.push(next(url, tries.at(-1)));
  try {
    const first = await Promise.any(tries);
    for (const one of tries) one.then(({ session }) => session !== first.session && session.destroy()).catch(() => {});
    return first;
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    end.abort();
  }

  async function next(url: string, before: Promise<unknown> | undefined): Promise<Dialled> {
    if (before !== undefined) await headStart(before);
    over.throwIfAborted();
    return { url, session: await dial(url, options, over) };
  }

  async function headStart(before: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    const late = options.clock.sleep(headStartMs, AbortSignal.any([over, done.signal])).catch(() => {});
    await Promise.race([before.catch(() => {}), late]);
    done.abort();
  }
}
const headStartMs = 300;

/** `signal` ends the attempt, and nothing else. */
function dial(url: string, options: DialOptions, signal: AbortSignal): Promise<ClientHttp2Session> {
  const { serverName, limitMs, life, clock, log } = options;
  const { ca, cert, key } = options.credentials;
  return new Promise((resolve, reject) => {
    const session = connect(url, {
      ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
      ...(cert === undefined ? {} : { cert: Buffer.from(cert) }),
      ...(key === undefined ? {} : { key: Buffer.from(key) }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      minVersion: 'TLSv1.2',
      settings: { enablePush: false, initialWindowSize: windowBytes },
    });
    const end = () => session.destroy();
    const settled = new AbortController();
    const ends = AbortSignal.any([life, signal]);
    clock.sleep(limitMs, AbortSignal.any([ends, settled.signal])).then(
      () => session.destroy(new Error('No connection within the time limit')),
      () => {},
    );
    const giveUp = () => (settled.signal.aborted ? undefined : end());
    signal.addEventListener('abort', giveUp, { once: true });
    life.addEventListener('abort', end, { once: true });
    session.once('close', () => {
      settled.abort();
      signal.removeEventListener('abort', giveUp);
      life.removeEventListener('abort', end);
      reject(new Error('The connection was closed'));
    });
    if (ends.aborted) end();
    session.once('connect', () => {
      if (session.destroyed) return; // it came too late
      settled.abort();
      signal.removeEventListener('abort', giveUp);
      session.setLocalWindowSize(windowBytes * 4);
      resolve(session);
    });
    session.on('error', (error) => {
      log.debug('Lost the connection to the API server', { server: url, err: error });
      reject(error);
    });
  });
}
const windowBytes = 1 << 20; // so that a large list is not slowed by the default window of 64 KB
