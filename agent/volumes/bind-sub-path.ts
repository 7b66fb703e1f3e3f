import { createHash } from 'node:crypto';
import { mkdir, open, stat } from 'node:fs/promises';
import type { Mounter } from './mounter.ts';
import { subPathDirectory } from './paths.ts';
import type { Prepared } from './prepare.ts';
import { openSubPath } from './sub-path.ts';

/** A prepared volume that remembers whose it is. */
export interface Owned extends Prepared {
  readonly podUid: string;
  readonly name: string;
}

/**
 * Returns a path outside of any container's reach that is bound to what `subPath` names in `volume`.
 *
 * Bound already to the same file: left alone. To another one (a configMap was written anew): bound anew, so that a
 * restarted container sees it; a running one keeps what it has.
 */
export async function bindSubPath(
  root: string,
  volume: Owned,
  subPath: string,
  mounter: Mounter,
  signal: AbortSignal,
): Promise<string> {
  await using source = await openSubPath(volume.hostPath, subPath);
  const wanted = await source.stat();
  const directory = subPathDirectory(root, volume.podUid, volume.name);
  const target = `${directory}/${createHash('sha256').update(subPath).digest('hex').slice(0, 16)}`;
  await mkdir(directory, { recursive: true, mode: 0o750 });
  if ((await mounter.below(target)).includes(target)) {
    const bound = await stat(target).catch(() => undefined); // fails if its file was removed
    if (bound?.dev === wanted.dev && bound.ino === wanted.ino) return target;
    await mounter.unmount(target, signal);
  }
  await makePoint(target, wanted.isDirectory());
  await mounter.bind(`/proc/${process.pid}/fd/${source.fd}`, target, signal);
  return target;
}

async function makePoint(target: string, isDirectory: boolean): Promise<void> {
  if (isDirectory) await mkdir(target, { recursive: true, mode: 0o750 });
  else await (await open(target, 'a', 0o640)).close();
}
