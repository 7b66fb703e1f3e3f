import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { ReasonError } from '#lib/errors.ts';
import { openBelow, segmentsOf } from './open-below.ts';

/**
 * Opens what `subPath` names inside `volume`, and makes directories that are absent (with the volume's own mode).
 *
 * Links are followed as long as they stay inside; the result is then opened segment by segment without following any, so that
 * a container that swaps a directory for a link meanwhile leads nowhere. The handle is what to mount: never the path.
 * Rule: CVE-2017-1002101 and its sequels. @throws {ReasonError} BadRequest if it leads out of the volume
 */
export async function openSubPath(volume: string, subPath: string): Promise<FileHandle> {
  if (isAbsolute(subPath) || subPath.split('/').includes('..')) {
    throw new ReasonError(
      'BadRequest',
      `unable to provision SubPath \`${subPath}\`: must be relative and must not contain '..'`,
    );
  }
  const base = await realpath(volume);
  await makeBelow(base, subPath);
  const target = await realpath(join(base, subPath));
  return await openBelow(base, target, subPath);
}

/** Makes the directories of `subPath` that are absent; one that is there may be a link that stays inside. */
async function makeBelow(base: string, subPath: string): Promise<void> {
  let reached = base;
  const { mode } = await stat(base);
  for (const name of segmentsOf(subPath)) {
    const next = await realpath(join(reached, name)).catch(absent);
    if (next !== undefined) {
      reached = next;
      continue;
    }
    const parent = await openBelow(base, reached, subPath);
    try {
      await makeDirectory(`/proc/self/fd/${parent.fd}/${name}`, mode & 0o7777);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      await parent.close();
    }
    reached = join(reached, name);
  }
}

/** Its mode is set by handle, as a name may be a link by now. */
async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path);
  await using made = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  await made.chmod(mode);
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
