// Sets of completion indexes as text: "1,3-5,7". Rule: Job, "completedIndexes". Pure.

/** @param below indexes from this on are left out (completions may have been lowered) */
export function parseIndexes(text: string | undefined, below: number): ReadonlySet<number> {
  const result = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const [first, last = first] = part.split('-').map(Number);
    if (part === '' || first === undefined || last === undefined || Number.isNaN(first) || Number.isNaN(last)) continue;
    for (let index = first; index <= Math.min(last, below - 1); index++) result.add(index);
  }
  return result;
}

export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let last = i;
    while (last + 1 < sorted.length && sorted[last + 1] === sorted[last]! + 1) last++;
    parts.push(
      last === i ? `${sorted[i]}` : last === i + 1 ? `${sorted[i]},${sorted[last]}` : `${sorted[i]}-${sorted[last]}`,
    );
    i = last + 1;
  }
  return parts.join(',');
}
