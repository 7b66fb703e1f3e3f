// Views of images by containerd's snapshots service, which every containerd has: mounts of images by CRI came with 2.1 only.
import { hasReason, ReasonError } from '#lib/errors.ts';
import type { Channel } from './channel.ts';
import type { ImageViews, ViewMount } from './runtime.ts';
import type { FilesystemUsage } from './wire.ts';

export function remoteViews(channel: Channel): ImageViews {
  function call<T>(method: string, request: object, signal: AbortSignal): Promise<T> {
    return channel.call<T>('Snapshots', method, request, usualMs, signal);
  }

  /** Which one CRI uses: it is named by where images lie. */
  async function findSnapshotter(signal: AbortSignal): Promise<string> {
    type Answer = { readonly imageFilesystems: readonly FilesystemUsage[] };
    const answer = await channel.call<Answer>('ImageService', 'ImageFsInfo', {}, usualMs, signal);
    return nameIn(answer.imageFilesystems[0]?.fsId?.mountpoint ?? '');
  }

  async function chainOf(image: string, signal: AbortSignal): Promise<string> {
    const request = { image: { image }, verbose: true };
    const answer = await channel.call<{ info: Readonly<Record<string, string>> }>(
      'ImageService',
      'ImageStatus',
      request,
      usualMs,
      signal,
    );
    const { chainID } = JSON.parse(answer.info['info'] ?? '{}') as { chainID?: string };
    if (chainID === undefined) throw new ReasonError('NotFound', `Cannot find the layers of image "${image}"`);
    return chainID;
  }

  return {
    async open(key, image, signal) {
      const own = await findSnapshotter(signal);
      const parent = await chainOf(image, signal);
      // A root of its own for the garbage collector: the layers stay, even if the image's name goes.
      const labels = { 'containerd.io/gc.root': 'volume' };
      const request = { snapshotter: own, key, parent, labels };
      try {
        return mounts(await call<Mounts>('View', request, signal));
      } catch (error) {
        if (!hasReason(error, 'AlreadyExists')) throw error;
        return mounts(await call<Mounts>('Mounts', { snapshotter: own, key }, signal));
      }
    },
    async close(key, signal) {
      try {
        await call('Remove', { snapshotter: await findSnapshotter(signal), key }, signal);
      } catch (error) {
        if (!hasReason(error, 'NotFound')) throw error;
      }
    },
  };
}
const usualMs = 60_000;

interface Mounts {
  readonly mounts: readonly ViewMount[];
}

function mounts({ mounts }: Mounts): readonly ViewMount[] {
  return mounts.map(({ type, source, options }) => ({ type, source, options }));
}

/** `/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs` > `overlayfs`. */
function nameIn(mountpoint: string): string {
  return /\.snapshotter\.v\d+\.([^/]+)\/?$/.exec(mountpoint)?.[1] ?? 'overlayfs';
}
