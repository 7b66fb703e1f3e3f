// Requests whose answers are counted, not decoded.
import { openConnections } from './frames.ts';

export interface Shot {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  /** Of the body; JSON unless told. */
  readonly type?: string;
  /** JSON unless told. */
  readonly accept?: string;
  /** An answer that is shorter is none. */
  readonly leastBytes?: number;
}

export interface Load extends Disposable {
  /** Settles with how many bytes the answer had. @throws {Error} if it is not a success */
  fire(shot: Shot): Promise<number>;
}

/** @param connections so many; requests go over them in turn */
export async function openLoad(kubeconfig: string, connections = 1): Promise<Load> {
  const all = await openConnections(kubeconfig, connections, windowBytes);
  return {
    fire: (shot) =>
      new Promise((resolve, reject) => {
        const { method, path, body, type = 'application/json', accept = 'application/json' } = shot;
        const headers = { accept, ...(body === undefined ? {} : { 'content-type': type }) };
        let isGood = false;
        let bytes = 0;
        all.send(
          { method, path, headers, body },
          {
            onHead: (isSuccess) => (isGood = isSuccess),
            onData: (piece) => (bytes += piece.length),
            onEnd() {
              if (isGood && bytes >= (shot.leastBytes ?? 0)) resolve(bytes);
              else reject(new Error(`${method} ${path} was answered with ${bytes} bytes, or with no success`));
            },
            onError: reject,
          },
        );
      }),
    [Symbol.dispose]: () => all[Symbol.dispose](),
  };
}
const windowBytes = 4 << 20; // as Go's client has it
