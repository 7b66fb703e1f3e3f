import { chmod, lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Gives `group` what is below and at `directory`: owner group, read (and write, unless read-only), set-group-id on directories.
 *
 * `onlyOnMismatch`: leaves all as it is if the directory itself has the group and its permissions already.
 * Links are given, never followed. Rule: pod security context, "fsGroup", "fsGroupChangePolicy".
 */
export async function grantGroup(
  directory: string,
  group: number,
  { isReadOnly = false, onlyOnMismatch = false }: { readonly isReadOnly?: boolean; readonly onlyOnMismatch?: boolean },
): Promise<void> {
  if (onlyOnMismatch) {
    const { gid, mode } = await lstat(directory);
    const wanted = permissions(isReadOnly, true);
    if (gid === group && (mode & wanted) === wanted) return;
  }
  await grantOne(directory, group, isReadOnly);
}

async function grantOne(path: string, group: number, isReadOnly: boolean): Promise<void> {
  const stats = await lstat(path);
  await lchown(path, stats.uid, group);
  if (stats.isSymbolicLink()) return;
  if (stats.isDirectory()) for (const name of await readdir(path)) await grantOne(join(path, name), group, isReadOnly);
  await chmod(path, (stats.mode & 0o7777) | permissions(isReadOnly, stats.isDirectory()));
}

function permissions(isReadOnly: boolean, isDirectory: boolean): number {
  return (isReadOnly ? 0o440 : 0o660) | (isDirectory ? 0o2110 : 0);
}
