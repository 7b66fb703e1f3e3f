import type { Change } from './render.ts';
import { serverIdOf } from './render.ts';

/** Gets no new connections; those that it has go on. Source: ipvsadm(8), "quiescent". */
export const draining = '-m -w 0';

/**
 * What makes `there` into what is wanted. A real server for TCP that is wanted no more is first let run dry; who has
 * none left is taken away by a look.
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
