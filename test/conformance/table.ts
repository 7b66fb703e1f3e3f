import type { Result } from './result.ts';
import { areaOf } from './spec.ts';

/** Area by area: passed, failed, not run; then the reason of each failure in one line. */
export function renderTable(results: readonly Result[]): string {
  const areas = Map.groupBy(results, (r) => areaOf(r.name));
  const count = (rows: readonly Result[], outcome: Result['outcome']) =>
    rows.filter((r) => r.outcome === outcome).length;
  const rows = [...areas].sort(([a], [b]) => a.localeCompare(b)).concat([['all', [...results]]]);
  const lines = rows.map(([area, of]) =>
    [area.padEnd(24), ...(['pass', 'fail', 'not-run'] as const).map((o) => String(count(of, o)).padStart(8))].join(''),
  );
  const head = ['area'.padEnd(24), 'passed', 'failed', 'not run'].map((h, i) => (i === 0 ? h : h.padStart(8))).join('');
  const bad = results.filter((r) => r.outcome !== 'pass').sort((a, b) => a.name.localeCompare(b.name));
  const reasons = bad.map((r) => `${r.outcome === 'fail' ? 'failed ' : 'not run'}  ${r.name}\n           ${r.reason}`);
  return `${[head, ...lines].join('\n')}\n${reasons.length > 0 ? `\n${reasons.join('\n')}\n` : ''}`;
}
