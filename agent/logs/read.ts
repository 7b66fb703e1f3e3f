import { watch } from 'node:fs';
import { type FileHandle, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Clock } from '#lib/clock.ts';
import { parseLine } from './line.ts';
import { openLog } from './open-log.ts';
import { type LogSelection, LogSelector } from './select.ts';
import { tailOffset } from './tail.ts';

export interface LogSource {
  readonly path: string;
  /** Whether more may be written to it: the container has not ended. */
  mayGrow(signal: AbortSignal): Promise<boolean>;
}

/**
 * What is wanted of a container's log. With `follow` it goes on, from one file to the next when they are rotated, until
 * the container has ended and all it wrote has been read.
 * @throws the system's error if there is no such file
 */
export async function* readLog(
  { path, mayGrow }: LogSource,
  selection: LogSelection,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const selector = new LogSelector(selection);
  let file = await openLog(path);
  let next: FileHandle | undefined; // read once the current file gives no more
  try {
    let reader = new LineReader(
      file,
      selection.tailLines === undefined ? 0 : await tailOffset(file, selection.tailLines),
    );
    using bell = selection.follow ? watchFile(path) : undefined;
    let isLast = bell === undefined;
    for (;;) {
      for await (const lines of reader.blocks()) {
        const text = Buffer.concat(lines.flatMap((line) => rendered(line, selector)));
        if (text.length > 0) yield text;
        if (selector.isDone) return;
        signal.throwIfAborted();
      }
      if (next !== undefined) {
        await file.close();
        file = next;
        next = undefined;
        reader = new LineReader(file, 0);
        continue;
      }
      next = bell && (await nextFile(path, file));
      if (next !== undefined) {
        await clock.sleep(drainMs, signal); // what the runtime had in hand when it was told to reopen goes to the old file
        continue;
      }
      if (isLast) return;
      isLast = !(await mayGrow(signal)); // then reads once more: it may have written since
      if (!isLast) await bell?.rings(clock, signal);
    }
  } finally {
    await file.close();
    await next?.close();
  }
}
const drainMs = 100;

function rendered(line: Buffer, selector: LogSelector): readonly Buffer[] {
  const parsed = parseLine(line);
  const text = parsed && selector.render(parsed);
  return text === undefined ? [] : [text];
}

/** The file that took the path over, if one did. */
async function nextFile(path: string, current: FileHandle): Promise<FileHandle | undefined> {
  const now = await stat(path).catch(() => undefined);
  if (now === undefined) return undefined; // between the move and the runtime's reopening
  const own = await current.stat();
  if (now.ino === own.ino && now.dev === own.dev) return undefined;
  return await openLog(path).catch(() => undefined);
}

/** Cuts a growing file into lines; a last line without its line feed waits until that is written. */
class LineReader {
  readonly #file: FileHandle;
  #offset: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: FileHandle, offset: number) {
    this.#file = file;
    this.#offset = offset;
  }

  /** What is there now, a list of lines for each block read. */
  async *blocks(): AsyncGenerator<readonly Buffer[]> {
    for (;;) {
      const block = Buffer.allocUnsafe(blockBytes);
      const { bytesRead } = await this.#file.read(block, 0, blockBytes, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      let text = block.subarray(0, bytesRead);
      if (this.#rest.length > 0) text = Buffer.concat([this.#rest, text]);
      const lines: Buffer[] = [];
      let start = 0;
      for (let end = text.indexOf(0x0a); end !== -1; end = text.indexOf(0x0a, start)) {
        lines.push(text.subarray(start, end));
        start = end + 1;
      }
      this.#rest = text.subarray(start);
      if (this.#rest.length > mostLineBytes) this.#rest = Buffer.alloc(0); // no runtime writes such a line
      yield lines;
    }
  }
}
const blockBytes = 64 * 1024;
const mostLineBytes = 1024 * 1024;

/** Rings when the file, or its directory, changes, and at least once a second: a container's end changes neither. */
function watchFile(path: string) {
  let bell = Promise.withResolvers<void>();
  let hasRung = false;
  const ring = () => {
    hasRung = true;
    bell.resolve();
  };
  const watcher = watch(dirname(path), (_event, name) => {
    if (name === null || name === basename(path)) ring();
  });
  watcher.on('error', ring);
  return {
    async rings(clock: Clock, signal: AbortSignal): Promise<void> {
      if (!hasRung) {
        const enough = new AbortController();
        const late = clock.sleep(pollMs, AbortSignal.any([signal, enough.signal])).catch(() => {});
        await Promise.race([bell.promise, late]);
        enough.abort();
        signal.throwIfAborted();
      }
      hasRung = false;
      bell = Promise.withResolvers<void>();
    },
    [Symbol.dispose]: () => watcher.close(),
  };
}
const pollMs = 1_000;
