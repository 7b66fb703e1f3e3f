import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { type ApiResponse, isWhole } from '../exchange.ts';
import { isPushed, type Pushed } from '../pushed.ts';

/**
 * Writes a body and ends `target`, which others may share `connection` with. Pieces of a stream go out only as fast as the client takes them: it is the producer
 * that must bound what waits meanwhile. Ends early, and lets the producer clean up, when the client goes away.
 */
export async function sendBody(
  target: Writable,
  body: ApiResponse['body'],
  connection: object = target,
): Promise<void> {
  if (isWhole(body)) {
    if (typeof body !== 'object' || body.length <= mostBytesAtOnce) {
      target.end(body);
      return;
    }
    return sendPieces(target, slicesOf(body));
  }
  if (isPushed(body)) return sendPushed(target, body, connection);
  return sendPieces(target, body);
}
/** What is encrypted in one go, while nothing else happens: a millisecond or two; a little more than slices cost. */
const mostBytesAtOnce = 2 * 1024 * 1024;
const bytesPerSlice = 512 * 1024;

function* slicesOf(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += bytesPerSlice) yield body.subarray(at, at + bytesPerSlice);
}

async function sendPieces(
  target: Writable,
  body: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array>,
): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  target.once('close', leave);
  try {
    for await (const piece of body) {
      if (target.destroyed) break;
      if (!target.write(piece)) await once(target, 'drain', { signal: gone.signal }).catch(() => {});
      if (gone.signal.aborted) break;
    }
    target.end();
  } finally {
    target.off('close', leave);
  }
}

/** Hands over what comes, several pieces as one write. */
function sendPushed(target: Writable, body: Pushed, connection: object): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const source = body.start({
    connection,
    write(pieces) {
      if (target.destroyed) return false;
      if (pieces.length === 1) return target.write(pieces[0]);
      target.cork();
      for (const piece of pieces) target.write(piece);
      target.uncork();
      return !target.writableNeedDrain;
    },
    end() {
      target.end();
      resolve();
    },
    fail: reject,
  });
  const resume = () => source.resume();
  target.on('drain', resume);
  target.once('close', () => {
    target.off('drain', resume);
    source.stop();
    resolve();
  });
  return promise;
}
