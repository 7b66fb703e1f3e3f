// How full the node's file systems, and what pods keep on them, are.
import { lstat, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';

export interface FsUsage {
  readonly availableBytes: number;
  readonly capacityBytes: number;
  readonly usedBytes: number;
  readonly inodesFree: number;
  readonly inodes: number;
  readonly inodesUsed: number;
}

/** Of the file system that `path` is on. */
export async function fsUsage(path: string): Promise<FsUsage> {
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(path);
  return {
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodesFree: ffree,
    inodes: files,
    inodesUsed: files - ffree,
  };
}

/**
 * What is at and below `directory`, on its file system alone; a file with several names counts once. Whoever has put
 * more there than `most` files is measured no further: it takes too long.
 */
export async function usedBelow(directory: string, most = 50_000): Promise<Pick<FsUsage, 'usedBytes' | 'inodesUsed'>> {
  const { dev } = await lstat(directory);
  const seen = new Set<number>(); // inodes that have several names
  let [usedBytes, inodesUsed] = [0, 0];
  const left = [directory];
  for (let path = left.pop(); path !== undefined && inodesUsed < most; path = left.pop()) {
    const found = await lstat(path).catch(() => undefined); // gone meanwhile
    if (found === undefined || found.dev !== dev || seen.has(found.ino)) continue;
    if (found.nlink > 1 && !found.isDirectory()) seen.add(found.ino);
    usedBytes += found.blocks * 512;
    inodesUsed += 1;
    if (!found.isDirectory()) continue;
    for (const name of await readdir(path).catch(() => [])) left.push(join(path, name));
  }
  return { usedBytes, inodesUsed };
}
