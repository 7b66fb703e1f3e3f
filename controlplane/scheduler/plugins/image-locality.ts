import { mostScore, type Plugin, skip } from '../plugin.ts';

interface Wanted {
  readonly images: readonly { readonly name: string; readonly share: number }[];
  /** How many the pod needs in all. */
  readonly count: number;
}

export const imageLocality: Plugin = {
  name: 'ImageLocality',
  prepareScore(pod, world) {
    const { initContainers = [], containers = [], volumes = [] } = pod.spec;
    const all = [
      ...[...initContainers, ...containers].map(({ image = '' }) => image),
      ...volumes.flatMap(({ image }) => (image === undefined ? [] : [image.reference ?? ''])),
    ];
    const images = all
      .map(withTag)
      .map((name) => ({ name, share: world.imageSpread(name) / world.nodes.length }))
      .filter(({ share }) => share > 0);
    return images.length === 0 ? skip : { images, count: all.length };
  },
  /** Bytes of the pod's images that are there, less for those on few nodes, between 23 MB and 1000 MB an image. */
  score(_pod, info, prepared) {
    const { images, count } = prepared as Wanted;
    const bytes = images.reduce((sum, { name, share }) => sum + Math.trunc((info.images.get(name) ?? 0) * share), 0);
    const most = 1000 * megabyte * count;
    const clamped = Math.min(Math.max(bytes, 23 * megabyte), most);
    return Math.trunc((mostScore * (clamped - 23 * megabyte)) / (most - 23 * megabyte));
  },
};
const megabyte = 1024 * 1024;

function withTag(image: string): string {
  return image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;
}
