import type { FileHandle } from 'node:fs/promises';

/** Offset at which the last `lines` lines of a file begin; reads backwards, in blocks, no more than it must. */
export async function tailOffset(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  if (lines <= 0) return size;
  const block = Buffer.alloc(blockBytes);
  let seen = 0;
  for (let end = size; end > 0; end -= blockBytes) {
    const start = Math.max(0, end - blockBytes);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at--) {
      // A line feed at the very end closes the last line: it does not begin another.
      if (block[at] !== 0x0a || start + at === size - 1) continue;
      if (++seen === lines) return start + at + 1;
    }
  }
  return 0;
}
const blockBytes = 64 * 1024;
