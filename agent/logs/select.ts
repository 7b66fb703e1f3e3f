import type { LogLine } from './line.ts';

/** What of a log is wanted. Rule: PodLogOptions. */
export interface LogSelection {
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** Lines from before are left out. */
  readonly sinceMs?: number;
  /** Only so many of the lines that are there now. */
  readonly tailLines?: number;
  /** Ends after so many bytes, in the middle of a line if need be. */
  readonly limitBytes?: number;
  readonly stream?: 'stdout' | 'stderr';
}

/** Renders the lines of a log that are wanted. Keeps what it must know of earlier lines; no clock, no files. */
export class LogSelector {
  readonly #selection: LogSelection;
  #leftBytes: number;
  #isLineStart = true;

  constructor(selection: LogSelection) {
    this.#selection = selection;
    this.#leftBytes = selection.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Nothing more will be wanted. */
  get isDone(): boolean {
    return this.#leftBytes <= 0;
  }

  /** What to send for `line`: often nothing. */
  render(line: LogLine): Buffer | undefined {
    const { timestamps, sinceMs, stream } = this.#selection;
    if (stream !== undefined && line.stream !== stream) return undefined;
    if (sinceMs !== undefined && Date.parse(line.time) < sinceMs) return undefined;
    const parts = [line.content];
    if (timestamps && this.#isLineStart) parts.unshift(Buffer.from(`${line.time} `));
    if (!line.isPartial) parts.push(lineFeed);
    this.#isLineStart = !line.isPartial;
    const whole = Buffer.concat(parts).subarray(0, this.#leftBytes);
    this.#leftBytes -= whole.length;
    return whole;
  }
}
const lineFeed = Buffer.from('\n');
