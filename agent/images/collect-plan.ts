// Which images go when the disk fills up. Pure. Rule: "Garbage Collection", "Container image lifecycle".

export interface CollectRule {
  /** Percent of the disk: above it images are removed ... */
  readonly highPercent: number;
  /** ... until no more than this is used. */
  readonly lowPercent: number;
  /** Who was pulled more recently stays. */
  readonly minimumAgeMs: number;
}
export const standardCollection: CollectRule = { highPercent: 85, lowPercent: 80, minimumAgeMs: 120_000 };

export interface KnownImage {
  readonly id: string;
  readonly sizeBytes: number;
  /** Some container is made of it, or it must never go. */
  readonly isHeld: boolean;
  /** When it was seen first, and when a container of it was seen last; 0 if never. */
  readonly firstSeenMs: number;
  readonly lastUsedMs: number;
}

export interface Disk {
  readonly usedBytes: number;
  readonly availableBytes: number;
}

export interface Collection {
  /** Those unused longest first. */
  readonly remove: readonly KnownImage[];
  /** How much should become free; 0 while there is room. */
  readonly wantedBytes: number;
}

export function planCollection(
  images: readonly KnownImage[],
  { usedBytes, availableBytes }: Disk,
  { highPercent, lowPercent, minimumAgeMs }: CollectRule,
  nowMs: number,
): Collection {
  const capacityBytes = usedBytes + availableBytes;
  if (capacityBytes === 0 || (usedBytes * 100) / capacityBytes < highPercent) return { remove: [], wantedBytes: 0 };
  const wantedBytes = Math.ceil(usedBytes - (capacityBytes * lowPercent) / 100);
  const mayGo = images
    .filter(({ isHeld, firstSeenMs }) => !isHeld && nowMs - firstSeenMs >= minimumAgeMs)
    .sort((a, b) => a.lastUsedMs - b.lastUsedMs || a.firstSeenMs - b.firstSeenMs);
  const remove: KnownImage[] = [];
  let freedBytes = 0;
  for (const image of mayGo) {
    if (freedBytes >= wantedBytes) break;
    remove.push(image);
    freedBytes += image.sizeBytes;
  }
  return { remove, wantedBytes };
}
