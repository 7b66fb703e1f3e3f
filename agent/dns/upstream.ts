import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { ReasonError } from '#lib/errors.ts';
import { familyOf } from '#lib/ip.ts';
import type { Query } from './wire-read.ts';
import { writeQuery } from './wire-write.ts';

export interface Upstream {
  readonly address: string;
  readonly port: number;
}

/**
 * Asks one resolver and returns its answer's bytes, under an id of its own.
 * Each query has its own socket and id: guessing both is what a forger would have to do.
 * @throws {ReasonError} ServiceUnavailable if it cannot be reached or does not answer in time
 */
export async function askUpstream(
  query: Query,
  upstream: Upstream,
  isTcp: boolean,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = writeQuery(query, randomInt(65_536));
  const until = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    return await (isTcp ? overTcp : overUdp)(bytes, upstream, until);
  } catch (cause) {
    signal.throwIfAborted();
    throw new ReasonError('ServiceUnavailable', `Cannot resolve by ${upstream.address}`, { cause });
  }
}
const timeoutMs = 2_000;

function overUdp(query: Uint8Array, { address, port }: Upstream, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(familyOf(address) === 4 ? 'udp4' : 'udp6');
    const end = (act: () => void) => {
      signal.removeEventListener('abort', stop);
      socket.removeAllListeners().on('error', () => {});
      socket.close();
      act();
    };
    const stop = () => end(() => reject(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    socket.on('error', (error) => end(() => reject(error)));
    socket.on('message', (answer) => {
      if (isAnswerTo(query, answer)) end(() => resolve(answer));
    });
    socket.on('connect', () => socket.send(query, (error) => error && end(() => reject(error))));
    socket.connect(port, address);
  });
}

function overTcp(query: Uint8Array, { address, port }: Upstream, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, signal });
    let received = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed before it answered')));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]); // at most one message of 64 KiB: then it ends
      const length = received.length < 2 ? Number.POSITIVE_INFINITY : received.readUInt16BE(0);
      if (received.length < length + 2) return;
      const answer = received.subarray(2, length + 2);
      if (isAnswerTo(query, answer)) resolve(answer);
      socket.destroy();
    });
    socket.write(Buffer.concat([Buffer.of(query.length >> 8, query.length & 255), query]));
  });
}

/** Same id, an answer, and the same question. */
function isAnswerTo(query: Uint8Array, answer: Buffer): boolean {
  if (answer.length < 12 || (answer[2]! & 0x80) === 0) return false;
  if (answer[0] !== query[0] || answer[1] !== query[1]) return false;
  if (answer.readUInt16BE(4) !== 1) return (answer[3]! & 15) !== 0; // a refusal may leave the question out
  const end = questionEnd(query);
  for (let at = 12; at < end; at++) if (lower(answer[at] ?? 0) !== lower(query[at]!)) return false;
  return true;
}

function questionEnd(query: Uint8Array): number {
  let at = 12;
  while (query[at] !== 0) at += query[at]! + 1;
  return at + 5;
}

function lower(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}
