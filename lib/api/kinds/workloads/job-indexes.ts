// Lists of indexes of an indexed Job, such as `0,3-5`: ascending, and below the number of completions. Pure.
// Rule: batch validation, validateIndexesFormat.

type Interval = readonly [first: number, last: number];

/** How many indexes `text` names, or what is wrong with it. */
export function countIndexes(text: string, completions: number): number | string {
  let [count, previous] = [0, -1];
  for (const part of text === '' ? [] : text.split(',')) {
    const interval = readInterval(part, completions);
    if (typeof interval === 'string') return interval;
    const [first, last] = interval;
    if (previous >= first) return `non-increasing order, previous: ${previous}, current: ${first}`;
    count += last - first + 1;
    previous = last;
  }
  return count;
}

/** The first index that both lists name, if there is one; what cannot be read names nothing. */
export function sharedIndex(one: string, other: string, completions: number): number | undefined {
  const [left, right] = [one, other].map((text) =>
    text.split(',').flatMap((part) => {
      const interval = readInterval(part, completions);
      return typeof interval === 'string' ? [] : [interval];
    }),
  ) as [Interval[], Interval[]];
  for (let [i, j] = [0, 0]; i < left.length && j < right.length; ) {
    const [[from, to], [start, end]] = [left[i]!, right[j]!];
    if (from <= end && start <= to) return Math.max(from, start);
    if (from <= start) i += 1;
    else j += 1;
  }
  return undefined;
}

function readInterval(text: string, completions: number): Interval | string {
  const limits = text.split('-');
  if (limits.length > 2) {
    return `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  }
  for (const limit of limits) {
    if (!/^\+?\d+$/.test(limit)) return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
    if (Number(limit) >= completions) return `too large index: ${JSON.stringify(limit)}`;
  }
  const [first, last = first] = limits.map(Number) as [number, number?];
  return limits.length > 1 && first >= last
    ? `non-increasing order, previous: ${first}, current: ${last}`
    : [first, last];
}
