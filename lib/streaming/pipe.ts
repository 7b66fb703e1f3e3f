import type { Duplex } from 'node:stream';

/** Lets two connections talk to each other until one of them ends; settles when both are closed. `heads` were read too much. */
export function pipeBoth(
  near: Duplex,
  far: Duplex,
  heads: { readonly near?: Uint8Array; readonly far?: Uint8Array } = {},
): Promise<void> {
  if (heads.near?.length) far.write(heads.near);
  if (heads.far?.length) near.write(heads.far);
  near.pipe(far);
  far.pipe(near);
  return Promise.all([closing(near, far), closing(far, near)]).then(() => {});
}

function closing(one: Duplex, other: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const closed = () => {
      // What was written before still goes out; an end that does not come by itself is made.
      if (!other.writableEnded) other.end();
      other.destroySoon?.();
      resolve();
    };
    one.on('error', () => one.destroy());
    if (one.destroyed) closed();
    else one.once('close', closed);
  });
}

declare module 'node:stream' {
  interface Duplex {
    /** Sockets have it: ends after what was written. */
    destroySoon?(): void;
  }
}
