import type { Stats } from 'node:fs';
import { chmod, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HostPathVolumeSource } from '#lib/api/types/core.v1.ts';
import { ReasonError } from '#lib/errors.ts';

/**
 * Makes sure that a path of the host is of the type that is asked for; makes a directory or a file where the type says so.
 * Rule: "hostPath volume types". @throws {ReasonError} Invalid with upstream's words if it is something else
 */
export async function prepareHostPath({ path, type = '' }: HostPathVolumeSource): Promise<void> {
  if (type === '') return;
  const found = await stat(path).catch(() => undefined);
  if (found === undefined && type === 'DirectoryOrCreate') {
    await mkdir(path, { recursive: true });
    await chmod(path, 0o755);
    return;
  }
  if (found === undefined && type === 'FileOrCreate') {
    if (!(await stat(dirname(path)).catch(() => undefined)))
      throw failed(path, 'cannot be created: its parent is absent');
    const file = await open(path, 'a', 0o644);
    await file.chmod(0o644);
    await file.close();
    return;
  }
  const [test, words] = rules[type];
  if (found === undefined || !test(found)) throw failed(path, words);
}

type Checked = Exclude<NonNullable<HostPathVolumeSource['type']>, ''>;
const rules: Readonly<Record<Checked, readonly [(stats: Stats) => boolean, string]>> = {
  Directory: [(stats) => stats.isDirectory(), 'is not a directory'],
  DirectoryOrCreate: [(stats) => stats.isDirectory(), 'is not a directory'],
  File: [(stats) => stats.isFile(), 'is not a file'],
  FileOrCreate: [(stats) => stats.isFile(), 'is not a file'],
  Socket: [(stats) => stats.isSocket(), 'is not a socket file'],
  CharDevice: [(stats) => stats.isCharacterDevice(), 'is not a character device'],
  BlockDevice: [(stats) => stats.isBlockDevice(), 'is not a block device'],
};

function failed(path: string, words: string): ReasonError {
  return new ReasonError('Invalid', `hostPath type check failed: ${path} ${words}`);
}
