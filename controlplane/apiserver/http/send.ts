import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { ApiResponse } from '../exchange.ts';

/**
 * Writes a body and ends `target`. Pieces of a stream go out only as fast as the client takes them: it is the producer
 * that must bound what waits meanwhile. Ends early, and lets the producer clean up, when the client goes away.
 */
export async function sendBody(target: Writable, body: ApiResponse['body']): Promise<void> {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    target.end(body);
    return;
  }
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
