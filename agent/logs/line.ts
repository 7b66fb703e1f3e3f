/** One line of a container's log file. Rule: CRI log format, `TIME STREAM TAGS CONTENT`. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, as it stands in the file. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** The line goes on in the next one: no line feed follows. */
  readonly isPartial: boolean;
  readonly content: Buffer;
}

/** Reads a line without its line feed; `undefined` if it is none (a torn write): it is passed over. */
export function parseLine(line: Buffer): LogLine | undefined {
  const afterTime = line.indexOf(space);
  const afterStream = line.indexOf(space, afterTime + 1);
  const afterTags = line.indexOf(space, afterStream + 1);
  if (afterTime < minTimeLength || afterStream === -1 || afterTags === -1) return undefined;
  const stream = line.toString('latin1', afterTime + 1, afterStream);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  return {
    time: line.toString('latin1', 0, afterTime),
    stream,
    isPartial: line.toString('latin1', afterStream + 1, afterTags).split(':')[0] === 'P',
    content: line.subarray(afterTags + 1),
  };
}
const space = 0x20;
const minTimeLength = '2006-01-02T15:04:05Z'.length;
