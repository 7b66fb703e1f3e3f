import type { IncomingMessage } from 'node:http';

/** All that somebody outside answers. @throws {Error} if that is more than `mostBytes`: the connection ends then */
export async function readAnswer(response: IncomingMessage, mostBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > mostBytes) throw new Error('the answer is too large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}
