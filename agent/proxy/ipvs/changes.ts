import type { Listed } from './listed.ts';
import type { Change } from './render.ts';
import { serverIdOf } from './render.ts';

/** Gets no new connections; those that it has go on. Source: ipvsadm(8), "quiescent". */
export const draining = '-m -w 0';

/**
 * What makes `there` into what is wanted. A real server for TCP that is wanted no more is first let run dry; who has
 * none left is taken away by `planDrained`.
 */
export function planChanges(
  ids: Iterable<string>,
  wanted: (id: string) => string | undefined,
  there: ReadonlyMap<string, string>,
): readonly Change[] {
  const changes: Change[] = [];
  for (const id of ids) {
    const known = there.get(id);
    const text = wanted(id) ?? (mustDrain(id, wanted) && known !== undefined ? draining : undefined);
    if (text !== known) changes.push({ id, text, isThere: known !== undefined });
  }
  return changes;
}

function mustDrain(id: string, wanted: (id: string) => string | undefined): boolean {
  return id.startsWith('real tcp ') && wanted(serverIdOf(id)) !== undefined;
}

/** Real servers that have run dry. */
export function planDrained(there: ReadonlyMap<string, string>, listed: readonly Listed[]): readonly Change[] {
  return listed
    .filter(({ id, isBusy }) => !isBusy && there.get(id) === draining)
    .map(({ id }) => ({ id, text: undefined, isThere: true }));
}

/** Whether all servers of `there`, virtual and real, are in what was listed. */
export function areListed(there: ReadonlyMap<string, string>, listed: readonly Listed[]): boolean {
  const found = new Set(listed.map(({ id }) => id));
  for (const id of there.keys()) if (isServer(id) && !found.has(id)) return false;
  return true;
}

function isServer(id: string): boolean {
  return id.startsWith('server ') || id.startsWith('real ');
}
