import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { ReasonError } from '#lib/errors.ts';
import { openBelow } from './open-below.ts';

/**
 * Text of the file `path` in a volume that containers write to; `undefined` if there is none.
 * Links are followed inside of the volume only; pipes and devices are no files; at most 1 MiB is read.
 * @throws {ReasonError} BadRequest if it leads out of the volume or is no such file
 */
export async function readVolumeFile(volume: string, path: string): Promise<string | undefined> {
  if (isAbsolute(path) || path.split('/').includes('..')) {
    throw new ReasonError('BadRequest', `path "${path}" must be relative and must not contain '..'`);
  }
  const base = await realpath(volume);
  const target = await realpath(join(base, path)).catch(() => undefined);
  if (target === undefined) return undefined;
  await using handle = await openBelow(base, target, path);
  if (!(await handle.stat()).isFile()) throw new ReasonError('BadRequest', `"${path}" is not a regular file`);
  await using file = await open(`/proc/self/fd/${handle.fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  const { size } = await file.stat();
  if (size > mostBytes) throw new ReasonError('BadRequest', `"${path}" is larger than 1 MiB`);
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await file.read(bytes, 0, size, 0);
  return bytes.toString('utf8', 0, bytesRead);
}
const mostBytes = 1024 * 1024;
