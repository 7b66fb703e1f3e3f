/** The whole body as text. */
export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return (pieces.length === 1 ? Buffer.from(pieces[0]!) : Buffer.concat(pieces)).toString('utf8');
}

/** The lines of a body, each as soon as it is complete; what follows the last line break comes last. */
export async function* readLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Uint8Array[] = []; // bounded by the longest line, hence by the server's limit for objects
  for await (const piece of body) {
    let start = 0;
    for (;;) {
      const end = piece.indexOf(newline, start);
      if (end === -1) break;
      rest.push(piece.subarray(start, end));
      yield textOf(rest);
      rest = [];
      start = end + 1;
    }
    if (start < piece.length) rest.push(piece.subarray(start));
  }
  if (rest.length > 0) yield textOf(rest);
}
const newline = 10;

function textOf(pieces: readonly Uint8Array[]): string {
  return (pieces.length === 1 ? Buffer.from(pieces[0]!) : Buffer.concat(pieces)).toString('utf8');
}
