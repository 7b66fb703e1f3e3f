// Watches whose events are counted as lines: nothing is parsed.
import { mostWindowBytes, openConnections } from './frames.ts';

export interface Followers extends Disposable {
  /** Calls `onData` with each piece of an answer that goes on. Settles with its head. */
  follow(path: string, onData: (piece: Buffer) => void): Promise<void>;
}

/** @param connections so many; requests go over them in turn */
export async function openFollowers(kubeconfig: string, connections: number): Promise<Followers> {
  const all = await openConnections(kubeconfig, connections, mostWindowBytes);
  return {
    follow: (path, onData) =>
      new Promise((resolve, reject) => {
        const onHead = (isSuccess: boolean) => (isSuccess ? resolve() : reject(new Error('The answer was no success')));
        const request = { method: 'GET', path, headers: { accept: 'application/json' } };
        all.send(request, { onHead, onData, onEnd() {}, onError: reject });
      }),
    [Symbol.dispose]: () => all[Symbol.dispose](),
  };
}

/** Pieces may be written over once they have been cut; a line may begin in one and end in another. Lines come without their end. */
export function createLines(see: (line: Buffer) => void): (piece: Buffer) => void {
  let rest: Buffer[] = [];
  return (piece) => {
    let from = 0;
    for (let to = piece.indexOf(newline); to !== -1; to = piece.indexOf(newline, from)) {
      const end = piece.subarray(from, to);
      see(rest.length === 0 ? end : Buffer.concat([...rest, end]));
      if (rest.length > 0) rest = [];
      from = to + 1;
    }
    if (from < piece.length) rest.push(Buffer.from(piece.subarray(from)));
  };
}
const newline = 0x0a;
