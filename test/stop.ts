// How a run that has something to clear away ends when somebody stops it.

export interface Stop {
  /** Aborts at the first SIGINT or SIGTERM: the run then takes away what it made, and ends. */
  readonly signal: AbortSignal;
  /** What a stopped process is to end with, by custom 128 and the signal's number; undefined while nobody stopped it. */
  exitCode(): number | undefined;
}

/**
 * From now on the first SIGINT or SIGTERM asks the run to end; the second ends the process at once.
 *
 * What comes together counts as one: a terminal's Ctrl-C reaches this process, and npm, which passes it on.
 */
export function stopOnSignals(say: (line: string) => void): Stop {
  const stop = new AbortController();
  let code: number | undefined;
  let heardMs = 0;
  const hear = (name: NodeJS.Signals) => {
    const nowMs = performance.now();
    if (code !== undefined && nowMs - heardMs > togetherMs) process.exit(code);
    if (code !== undefined) return;
    heardMs = nowMs;
    code = name === 'SIGINT' ? 130 : 143;
    say(`${name}: clearing away what was made; once more, and it stays`);
    stop.abort(new Error(`Stopped by ${name}`));
  };
  process.on('SIGINT', hear).on('SIGTERM', hear);
  return { signal: stop.signal, exitCode: () => code };
}
const togetherMs = 500;
