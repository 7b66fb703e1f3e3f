import { rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { openLogFolder } from './open-log.ts';

/** Removes a log, but not what lies behind a link that somebody put in its way. What is gone is fine. */
export async function removeLog(path: string): Promise<void> {
  try {
    await using folder = await openLogFolder(dirname(path));
    await rm(`/proc/self/fd/${folder.fd}/${basename(path)}`, { force: true });
  } catch {
    // No such folder, or a link: with the pod's own folder all of it goes.
  }
}
