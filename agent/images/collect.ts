import { statfs } from 'node:fs/promises';
import type { Cri } from '#cri/runtime.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { type CollectRule, type Disk, type KnownImage, planCollection } from './collect-plan.ts';
import type { PulledImages } from './pulled-images.ts';

export interface CollectOptions {
  readonly cri: Pick<Cri, 'images' | 'runtime'>;
  readonly rule: CollectRule;
  readonly pulled: Pick<PulledImages, 'keepOnly'>;
  /** Tells users that the disk stays full, in an Event about the node. */
  record(reason: string, message: string): void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Removes images that nobody uses when the disk that they are on fills up; looks every five minutes until aborted. */
export async function collectImages(options: CollectOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  const seen = new Map<string, { readonly firstSeenMs: number; lastUsedMs: number }>(); // bounded by the images here
  while (!signal.aborted) {
    await collect(options, seen, signal).catch((error) => {
      if (!signal.aborted) log.warn('Could not look after images', { err: error });
    });
    await clock.sleep(pauseMs, signal).catch(() => {});
  }
}
const pauseMs = 300_000;

async function collect(
  { cri, rule, pulled, record, clock, log }: CollectOptions,
  seen: Map<string, { readonly firstSeenMs: number; lastUsedMs: number }>,
  signal: AbortSignal,
): Promise<void> {
  const [images, containers] = await Promise.all([cri.images.list(signal), cri.runtime.listContainers({}, signal)]);
  await pulled.keepOnly(new Set(images.map(({ id }) => id)));
  const used = new Set(containers.flatMap(({ image, imageRef }) => [image, imageRef]));
  const nowMs = clock.now();
  const known = images.map(({ id, sizeBytes, isPinned, repoTags }): KnownImage => {
    const isUsed = used.has(id) || repoTags.some((tag) => used.has(tag));
    const entry = seen.get(id) ?? { firstSeenMs: nowMs, lastUsedMs: 0 };
    if (isUsed) entry.lastUsedMs = nowMs;
    seen.set(id, entry);
    // Sandboxes do not tell their image: what is named so is one of theirs.
    const isHeld = isUsed || isPinned || repoTags.some((tag) => /(^|\/)pause(-[a-z0-9]+)?:/.test(tag));
    return { id, sizeBytes, isHeld, ...entry };
  });
  for (const id of seen.keys()) if (!images.some((image) => image.id === id)) seen.delete(id);
  const { remove, wantedBytes } = planCollection(known, await diskOf(cri, signal), rule, nowMs);
  for (const { id, sizeBytes } of remove) {
    log.info('Removed unused image', { image: id, sizeBytes });
    await cri.images.remove(id, signal);
    seen.delete(id);
  }
  const freedBytes = remove.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (freedBytes >= wantedBytes) return;
  const found = `Attempted to free ${wantedBytes} bytes, but only found ${freedBytes} bytes eligible to free.`;
  record('FreeDiskSpaceFailed', `Failed to garbage collect required amount of images. ${found}`);
}

/** The disk that the runtime keeps images on. */
async function diskOf({ images }: Pick<Cri, 'images'>, signal: AbortSignal): Promise<Disk> {
  const [first] = await images.fsInfo(signal);
  if (first === undefined) return { usedBytes: 0, availableBytes: 0 };
  const { bsize, blocks, bfree, bavail } = await statfs(first.mountpoint);
  return { usedBytes: (blocks - bfree) * bsize, availableBytes: bavail * bsize };
}
