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

/** Real servers that have run dry. `listed`: what `ipvsadm --list --numeric` printed. */
export function planDrained(there: ReadonlyMap<string, string>, listed: string): readonly Change[] {
  const busy = busyIn(listed);
  return [...there]
    .filter(([id, text]) => text === draining && !busy.has(id))
    .map(([id]) => ({ id, text: undefined, isThere: true }));
}

/** Ids of real servers that have connections. */
function busyIn(listed: string): ReadonlySet<string> {
  return new Set(listedIn(listed).flatMap(({ id, isBusy }) => (isBusy ? [id] : [])));
}

/** Whether all servers of `there`, virtual and real, are in what was listed. */
export function areListed(there: ReadonlyMap<string, string>, listed: string): boolean {
  const found = new Set(listedIn(listed).map(({ id }) => id));
  return [...there.keys()].every((id) => !/^(?:server|real) /.test(id) || found.has(id));
}

function listedIn(listed: string): readonly { readonly id: string; readonly isBusy: boolean }[] {
  let server = '';
  return listed.split('\n').flatMap((line) => {
    const head = /^(TCP|UDP|SCTP)\s+(\S+)\s/.exec(line);
    if (head !== null) {
      server = `${head[1]!.toLowerCase()} ${head[2]}`;
      return { id: `server ${server}`, isBusy: false };
    }
    const [arrow, target, , , active, inactive] = line.trim().split(/\s+/);
    return arrow === '->' ? { id: `real ${server} ${target}`, isBusy: Number(active) + Number(inactive) > 0 } : [];
  });
}
