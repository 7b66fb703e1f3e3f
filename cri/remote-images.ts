import type { Channel } from './channel.ts';
import type { Image, Images } from './runtime.ts';
import * as wire from './wire.ts';

/** The images' half of the port over gRPC. */
export function remoteImages(channel: Channel): Images {
  function call<T>(method: string, request: object, signal: AbortSignal, deadlineMs = usualMs): Promise<T> {
    return channel.call<T>('ImageService', method, request, deadlineMs, signal);
  }

  return {
    async imageStatus(image, signal): Promise<Image | undefined> {
      const answer = await call<{ image: wire.Image | null }>('ImageStatus', { image: { image } }, signal);
      return answer.image === null || answer.image.id === '' ? undefined : wire.image(answer.image);
    },
    async pull(image, auth, sandboxConfig, signal) {
      const request = { image: { image }, auth, sandboxConfig };
      return (await call<{ imageRef: string }>('PullImage', request, signal, pullMs)).imageRef;
    },
    async list(signal) {
      return (await call<{ images: readonly wire.Image[] }>('ListImages', {}, signal)).images.map(wire.image);
    },
    async remove(image, signal) {
      await call('RemoveImage', { image: { image } }, signal);
    },
    async fsInfo(signal) {
      const answer = await call<{ imageFilesystems: readonly wire.FilesystemUsage[] }>('ImageFsInfo', {}, signal);
      return answer.imageFilesystems.map(wire.filesystem);
    },
  };
}
const usualMs = 120_000;
const pullMs = 3600_000; // the runtime itself gives up on a pull without progress
