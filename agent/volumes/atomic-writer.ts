import {
  chmod,
  lchown,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { grantGroup } from './ownership.ts';
import type { Payload, PayloadFile } from './payload.ts';

/**
 * Brings a directory to hold exactly the files of `payload`, so that a reader sees all of the old ones or all of the new.
 *
 *   volume/name          -> ..data/name           made once
 *   volume/..data        -> ..2026_01_02_03_04_05.678/     swapped by one rename
 *
 * Returns whether anything changed. Repeats, and goes on after a crash at any point: what it left is swept.
 * Rule: upstream's atomic writer; applications watch for the rename of `..data`.
 */
export async function writeAtomically(
  volume: string,
  payload: Payload,
  { fsGroup, nowMs }: { readonly fsGroup: number | undefined; readonly nowMs: number },
): Promise<boolean> {
  const current = await readlink(join(volume, '..data')).catch(() => undefined);
  if (current !== undefined && (await isWritten(join(volume, current), payload, fsGroup))) {
    await sweep(volume, current, payload);
    return false;
  }
  const fresh = await makeFresh(volume, nowMs);
  await writeFiles(join(volume, fresh), payload);
  if (fsGroup !== undefined) await grantGroup(join(volume, fresh), fsGroup, { isReadOnly: true });
  await rm(join(volume, '..data_tmp'), { force: true });
  await symlink(fresh, join(volume, '..data_tmp'));
  await rename(join(volume, '..data_tmp'), join(volume, '..data'));
  await linkNames(volume, payload);
  await sweep(volume, fresh, payload);
  return true;
}

async function makeFresh(volume: string, nowMs: number): Promise<string> {
  const stamp = new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '_');
  for (let number = nowMs % 1_000_000; ; number++) {
    const name = `..${stamp}.${number}`;
    try {
      await mkdir(join(volume, name), { mode: 0o755 });
      await chmod(join(volume, name), 0o755); // whatever our umask is
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function writeFiles(directory: string, payload: Payload): Promise<void> {
  for (const [path, { data, mode, user }] of payload) {
    const file = join(directory, path);
    if (path.includes('/')) await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, data, { mode: 0o600, flag: 'wx' });
    await chmod(file, mode);
    if (user !== undefined) await lchown(file, user, 0);
  }
}

/** Whether `directory` has just these files, with just this content, mode and owner. */
async function isWritten(directory: string, payload: Payload, fsGroup: number | undefined): Promise<boolean> {
  const found = await filesIn(directory);
  if (found.length !== payload.size) return false;
  for (const path of found) {
    const wanted = payload.get(path);
    if (wanted === undefined || !(await isSame(join(directory, path), wanted, fsGroup))) return false;
  }
  return true;
}

async function isSame(file: string, wanted: PayloadFile, fsGroup: number | undefined): Promise<boolean> {
  const { mode, uid } = await stat(file);
  const wantedMode = fsGroup === undefined ? wanted.mode : wanted.mode | 0o440;
  if ((mode & 0o777) !== wantedMode || (wanted.user !== undefined && uid !== wanted.user)) return false;
  return (await readFile(file)).equals(wanted.data);
}

async function filesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

async function linkNames(volume: string, payload: Payload): Promise<void> {
  for (const name of topNames(payload)) {
    await symlink(`..data/${name}`, join(volume, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

/** Removes links to what is no longer there, and all data directories but `current`. */
async function sweep(volume: string, current: string, payload: Payload): Promise<void> {
  const wanted = topNames(payload);
  for (const name of await readdir(volume)) {
    if (name === '..data' || name === current || wanted.has(name)) continue;
    await rm(join(volume, name), { recursive: true, force: true });
  }
  await linkNames(volume, payload); // what a crash left undone
}

function topNames(payload: Payload): ReadonlySet<string> {
  return new Set([...payload.keys()].map((path) => path.split('/')[0]!));
}
