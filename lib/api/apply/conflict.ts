import { failure, type StatusError } from '../status.ts';
import { pathsOf } from './fields.ts';
import type { Conflict } from './managers.ts';

/** Rule: managedfields NewConflictError: one line for one field, a list by manager for more. */
export function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const rows = conflicts.flatMap(({ entry, fields }) => pathsOf(fields).map((path) => ({ who: shown(entry), path })));
  const causes = rows.map(({ who, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${who}`,
    field: path,
  }));
  return failure('Conflict', textOf(rows), { causes });
}

interface Row {
  readonly who: string;
  readonly path: string;
}

function textOf(rows: readonly Row[]): string {
  if (rows.length === 1) return `Apply failed with 1 conflict: conflict with ${rows[0]!.who}: ${rows[0]!.path}`;
  const groups = Map.groupBy(rows, ({ who }) => who);
  const lines = [...groups.keys()].sort().flatMap((who) => {
    return [`conflicts with ${who}:`, ...groups.get(who)!.map(({ path }) => `- ${path}`)];
  });
  return `Apply failed with ${rows.length} conflicts: ${lines.join('\n')}`;
}

function shown({ manager, subresource, operation, apiVersion, time }: Conflict['entry']): string {
  const name = JSON.stringify(manager ?? '');
  const who = subresource ? `${name} with subresource ${JSON.stringify(subresource)}` : name;
  if (operation !== 'Update') return who;
  return time ? `${who} using ${apiVersion} at ${time}` : `${who} using ${apiVersion}`;
}
