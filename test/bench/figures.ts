/** What one measurement gave: each run's value, in the unit that its name says. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** A bound on the median that must hold, where there is one. */
  readonly atMost?: number;
  /** The same from below. */
  readonly atLeast?: number;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const at = (sorted.length - 1) * q;
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function isWithin({ values, atMost, atLeast }: Row): boolean {
  if (atMost !== undefined && !(median(values) <= atMost)) return false;
  return atLeast === undefined || median(values) >= atLeast;
}

/** One line a row: median, least and most of the runs, and the bar where there is one. */
export function renderRows(rows: readonly Row[]): string {
  const shown = rows.map((row) => {
    const { name, unit, values } = row;
    return [
      name,
      unit,
      format(median(values)),
      format(Math.min(...values)),
      format(Math.max(...values)),
      String(values.length),
      barOf(row),
    ];
  });
  const head = ['what', 'unit', 'median', 'least', 'most', 'runs', 'bar'];
  const widths = head.map((_, i) => Math.max(...[head, ...shown].map((cells) => cells[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i < 2 || i === 6 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  return `${[head, ...shown].map(line).join('\n')}\n`;
}

function barOf(row: Row): string {
  const { atMost, atLeast } = row;
  if (atMost !== undefined) return `${isWithin(row) ? 'within' : 'OVER'} ${format(atMost)}`;
  return atLeast === undefined ? '' : `${isWithin(row) ? 'above' : 'BELOW'} ${format(atLeast)}`;
}

function format(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (value >= 1000) return value.toFixed(0);
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
