import { chmod, mkdir } from 'node:fs/promises';
import type { EmptyDirVolumeSource } from '#lib/api/types/core.v1.ts';
import { ReasonError } from '#lib/errors.ts';
import type { Mounter } from './mounter.ts';
import { grantGroup } from './ownership.ts';

/**
 * Makes an empty directory at `directory`, in memory if the medium says so. What is there already stays as it is.
 * Returns whether it was made now.
 */
export async function prepareEmptyDir(
  directory: string,
  { medium = '', mode = 0o777 }: EmptyDirVolumeSource,
  { fsGroup, memoryBytes }: { readonly fsGroup?: number | undefined; readonly memoryBytes?: number | undefined },
  mounter: Mounter,
  signal: AbortSignal,
): Promise<boolean> {
  const isNew = (await mkdir(directory, { recursive: true, mode: 0o750 })) !== undefined;
  const isMemory = medium !== '';
  if (isMemory) {
    if ((await mounter.below(directory)).includes(directory)) return false;
    await mountMemory(directory, medium, memoryBytes, mounter, signal);
  } else if (!isNew) return false;
  if (!isMemory || medium === 'Memory') await chmod(directory, mode);
  if (fsGroup !== undefined) await grantGroup(directory, fsGroup, {});
  return true;
}

async function mountMemory(
  directory: string,
  medium: string,
  bytes: number | undefined,
  mounter: Mounter,
  signal: AbortSignal,
): Promise<void> {
  const pages = /^HugePages(?:-(\d+)([KMG])i)?$/.exec(medium);
  if (medium === 'Memory') {
    await mounter.mount('tmpfs', directory, bytes === undefined ? [] : [`size=${bytes}`], signal);
  } else if (pages !== null) {
    const options = pages[1] === undefined ? [] : [`pagesize=${pages[1]}${pages[2]}`];
    await mounter.mount('hugetlbfs', directory, options, signal);
  } else {
    throw new ReasonError('Invalid', `unknown storage medium "${medium}"`);
  }
}
