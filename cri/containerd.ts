import type { Clock } from '#lib/clock.ts';
import { openChannel } from './channel.ts';
import { remoteImages } from './remote-images.ts';
import { remoteRuntime } from './remote-runtime.ts';
import { remoteViews } from './remote-views.ts';
import type { Cri } from './runtime.ts';

/** The runtime behind `endpoint` (`unix:///run/containerd/containerd.sock`), over gRPC. A call may take `usualMs`: 2 min unless told. */
export async function openCri(endpoint: string, clock: Pick<Clock, 'now'>, usualMs?: number): Promise<Cri> {
  const channel = await openChannel(endpoint, clock);
  return {
    runtime: remoteRuntime(channel, usualMs),
    images: remoteImages(channel),
    views: remoteViews(channel),
    close: channel.close,
  };
}
