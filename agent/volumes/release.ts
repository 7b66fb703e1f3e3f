import { lstat, readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ReasonError } from '#lib/errors.ts';
import type { Mounter } from './mounter.ts';

/**
 * Unmounts all that is mounted below `directory`, newest first, then removes it.
 *
 * Nothing is removed while anything is still mounted there, and no directory of another device is entered: what lies
 * behind a mount is somebody's data. Repeats; what is gone is fine.
 * @throws {ReasonError} Conflict if something stays mounted: try again
 */
export async function releaseDirectory(directory: string, mounter: Mounter, signal: AbortSignal): Promise<void> {
  const failures: unknown[] = [];
  for (const point of (await mounter.below(directory)).toReversed()) {
    await mounter.unmount(point, signal).catch((error: unknown) => failures.push(error));
  }
  const left = await mounter.below(directory);
  if (left.length > 0) {
    throw new ReasonError('Conflict', `Cannot remove ${directory}: ${left[0]} is still mounted`, {
      cause: failures[0],
    });
  }
  const top = await lstat(directory).catch(() => undefined);
  if (top !== undefined) await removeTree(directory, top.dev);
}

async function removeTree(directory: string, device: number): Promise<void> {
  const { dev } = await lstat(directory);
  if (dev !== device) throw new ReasonError('Conflict', `Cannot remove ${directory}: it is on another device`);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await removeTree(path, device);
    else await unlink(path);
  }
  await rmdir(directory);
}
