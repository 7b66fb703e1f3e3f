import { mostScore, type Plugin, skip } from '../plugin.ts';

interface Wanted {
  readonly images: readonly { readonly name: string; readonly share: number }[];
  readonly containers: number;
}

export const imageLocality: Plugin = {
  name: 'ImageLocality',
  prepareScore(pod, world) {
    const containers = [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])];
    const names = new Set(containers.map(({ image }) => withTag(image ?? '')));
    const images = [...names]
      .map((name) => ({ name, share: world.imageSpread(name) / world.nodes.length }))
      .filter(({ share }) => share > 0);
    return images.length === 0 ? skip : { images, containers: containers.length };
  },
  /** Bytes of the pod's images that are there, less for those on few nodes, between 23 MB and 1000 MB a container. */
  score(_pod, info, prepared) {
    const { images, containers } = prepared as Wanted;
    const bytes = images.reduce((sum, { name, share }) => sum + (info.images.get(name) ?? 0) * share, 0);
    const most = 1000 * megabyte * containers;
    const clamped = Math.min(Math.max(bytes, 23 * megabyte), most);
    return Math.trunc((mostScore * (clamped - 23 * megabyte)) / (most - 23 * megabyte));
  },
};
const megabyte = 1024 * 1024;

function withTag(image: string): string {
  return image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;
}
