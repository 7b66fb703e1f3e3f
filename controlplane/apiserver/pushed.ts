// A body whose pieces come when something happens: whoever takes them is called, with no promise for each piece.

/** The same pieces can be pulled, too: then each waits until it is asked for. Either, once. */
export interface Pushed extends AsyncIterable<Uint8Array> {
  /** Begins; `sink` may be called before this returns. */
  start(sink: Sink): Source;
}

export interface Sink {
  /** What carries the pieces, where others may share it. */
  readonly connection?: object | undefined;
  /** @returns false if no more can be taken until `resume` is called */
  write(pieces: readonly Uint8Array[]): boolean;
  end(): void;
  /** Nothing more will come, as something went wrong. */
  fail(error: unknown): void;
}

/** What waits meanwhile is bounded by the source. */
export interface Source {
  resume(): void;
  /** Nobody takes anything any more. */
  stop(): void;
}

export function pushed(start: Pushed['start']): Pushed {
  return { start, [Symbol.asyncIterator]: () => pull(start) };
}

export function isPushed(body: unknown): body is Pushed {
  return typeof (body as Pushed | undefined)?.start === 'function';
}

async function* pull(start: Pushed['start']): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let end: { readonly error?: unknown } | undefined;
  let bell = Promise.withResolvers<void>();
  const finish = (how: { readonly error?: unknown }) => {
    end ??= how;
    bell.resolve();
  };
  const source = start({
    write(pieces) {
      waiting.push(...pieces);
      bell.resolve();
      return false; // one batch at a time
    },
    end: () => finish({}),
    fail: (error) => finish({ error }),
  });
  try {
    for (;;) {
      const taken = waiting;
      waiting = [];
      yield* taken;
      if (waiting.length > 0) continue;
      if (end !== undefined) {
        if ('error' in end) throw end.error;
        return;
      }
      bell = Promise.withResolvers();
      source.resume();
      if (waiting.length === 0 && end === undefined) await bell.promise;
    }
  } finally {
    source.stop();
  }
}
