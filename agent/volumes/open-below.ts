import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ReasonError } from '#lib/errors.ts';

/**
 * Opens `target`, a path without links, which must be `base` or below it, segment by segment: a link that somebody puts in
 * its way meanwhile is not followed. `asked` is what the caller was asked for.
 * @throws {ReasonError} BadRequest if it leads elsewhere
 */
export async function openBelow(base: string, target: string, asked: string): Promise<FileHandle> {
  const isInside = target === base || target.startsWith(base === '/' ? base : `${base}/`);
  if (!isInside) throw outside(asked);
  let handle = await open(base, pathOnly);
  for (const name of segmentsOf(target.slice(base.length))) {
    const parent = handle;
    try {
      handle = await open(`/proc/self/fd/${parent.fd}/${name}`, pathOnly | constants.O_NOFOLLOW);
    } finally {
      await parent.close();
    }
    if ((await handle.stat()).isSymbolicLink()) {
      await handle.close();
      throw outside(asked);
    }
  }
  return handle;
}
/** O_PATH: a handle that names the file and can neither read nor write it; device nodes and pipes are not touched. */
const pathOnly = 0o10000000;

export function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function outside(asked: string): ReasonError {
  return new ReasonError('BadRequest', `subpath "${asked}" not within volume path`);
}
