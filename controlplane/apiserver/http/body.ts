import type { Readable } from 'node:stream';
import { badRequest, failure, type StatusError } from '#lib/api/status.ts';
import type { Clock } from '#lib/clock.ts';

/**
 * The whole body of a request. Stops reading, and leaves the rest to whoever ends the connection, when it is too long
 * or does not come to an end within a minute.
 * @throws {StatusError} RequestEntityTooLarge, Timeout, or BadRequest if the client went away half-way
 */
export function readBody(
  stream: Readable,
  { limitBytes, declaredBytes, clock }: { limitBytes: number; declaredBytes: number | undefined; clock: Clock },
): Promise<Uint8Array> {
  if (declaredBytes !== undefined && declaredBytes > limitBytes) return Promise.reject(tooLarge(limitBytes));
  if (stream.readableEnded) return Promise.resolve(empty);
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    let total = 0;
    const untilMs = clock.now() + mostMs;
    let isOver = false;
    let isTimed = false;
    const timer = new AbortController();
    const stop = (error?: StatusError) => {
      isOver = true;
      if (isTimed) timer.abort(over);
      stream.off('data', take).off('end', finish).off('close', leave).off('error', leave);
      if (error !== undefined) {
        stream.pause();
        reject(error);
      }
    };
    const take = (piece: Uint8Array) => {
      pieces.push(piece);
      total += piece.length;
      if (total > limitBytes) stop(tooLarge(limitBytes));
    };
    const finish = () => {
      stop();
      resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, total));
    };
    const leave = () => stop(badRequest('unexpected end of the request body'));
    stream.on('data', take).on('end', finish).on('close', leave).on('error', leave);
    // Most bodies came with their head and are there by then: a timer for each would cost more than reading it.
    setImmediate(() => {
      if (isOver) return;
      isTimed = true;
      clock.sleep(untilMs - clock.now(), timer.signal).then(
        () => stop(failure('Timeout', 'Timeout: request did not complete within the allotted timeout')),
        () => {}, // the body came to its end first
      );
    });
  });
}

const empty = new Uint8Array(0);
const mostMs = 60_000;
const over = new Error('The body is read');

function tooLarge(limitBytes: number): StatusError {
  return failure('RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`);
}
