// Volumes that show what an image holds. Rule: KEP-4639: read-only, of one image for the life of the pod, pulled as its
// containers' images are.
import { mkdir, readdir } from 'node:fs/promises';
import type { Image, ImageViews } from '#cri/runtime.ts';
import type { ImageVolumeSource, Pod } from '#lib/api/types/core.v1.ts';
import type { Mounter } from './mounter.ts';
import { imagesDirectory } from './paths.ts';

export interface ImageVolumeTools {
  readonly views: ImageViews;
  readonly mounter: Mounter;
  /** @throws {StartError} with the reason that users see */
  pullImage(pod: Pod, source: ImageVolumeSource, signal: AbortSignal): Promise<Image>;
}

/** Mounts the image at its directory below `root`; one that is mounted already stays, even if the tag has moved on. */
export async function prepareImage(
  root: string,
  pod: Pod,
  name: string,
  source: ImageVolumeSource,
  { views, mounter, pullImage }: ImageVolumeTools,
  signal: AbortSignal,
): Promise<string> {
  const { uid = '' } = pod.metadata;
  const directory = `${imagesDirectory(root, uid)}/${name}`;
  if ((await mounter.below(directory)).includes(directory)) return directory;
  const image = await pullImage(pod, source, signal);
  await mkdir(directory, { recursive: true, mode: 0o750 });
  for (const mount of await views.open(keyOf(uid, name), image.id, signal))
    await mounter.show(mount, directory, signal);
  return directory;
}

/** Takes away what `prepareImage` made for a pod. A repeat is fine. */
export async function releaseImages(
  root: string,
  podUid: string,
  { views, mounter }: Pick<ImageVolumeTools, 'views' | 'mounter'>,
  signal: AbortSignal,
): Promise<void> {
  const parent = imagesDirectory(root, podUid);
  const mounted = await mounter.below(parent);
  for (const name of await readdir(parent).catch(() => [])) {
    const directory = `${parent}/${name}`;
    if (mounted.includes(directory)) await mounter.unmount(directory, signal);
    await views.close(keyOf(podUid, name), signal);
  }
}

function keyOf(podUid: string, name: string): string {
  return `skiff-volume/${podUid}/${name}`;
}
