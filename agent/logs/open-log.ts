// Logs lie where containers that were given the folder may write: names there are not to be trusted.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { podLogsRoot } from '../pods/paths.ts';
import { openBelow } from '../volumes/open-below.ts';

/**
 * Opens a log to read it. Follows no link, neither at its end nor on the way below the folder of all pods: who can write
 * beside a log must not choose what is read. @throws the system's error, or one that says that it is no regular file
 */
export async function openLog(path: string): Promise<FileHandle> {
  await using folder = await openLogFolder(dirname(path));
  const file = await open(
    `/proc/self/fd/${folder.fd}/${basename(path)}`,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Error(`Cannot read ${path}: it is not a regular file`);
}

/** The folder as a handle: what is reached by `/proc/self/fd/N/NAME` is in it, whatever its path leads to by then. */
export async function openLogFolder(folder: string): Promise<FileHandle> {
  // ROOT/NAMESPACE_NAME_UID/CONTAINER
  const root = folder.startsWith(`${podLogsRoot}/`) ? podLogsRoot : dirname(dirname(folder));
  try {
    return await openBelow(root, folder, folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
    throw new Error(`Cannot read ${folder}: a link is in its way`, { cause: error });
  }
}
