// Which images go when the disk fills up. Pure. Rule: "Garbage Collection", "Container image lifecycle".

export interface CollectRule {
  /** Percent of the disk: above it images are removed ... */
  readonly highPercent: number;
  /** ... until no more than this is used. */
  readonly lowPercent: number;
  /** Who was pulled more recently stays. */
  readonly minimumAgeMs: number;
  /** Who was unused for longer goes, however much room there is; 0: nobody goes for that. */
  readonly maximumAgeMs: number;
}
export const standardCollection: CollectRule = {
  highPercent: 85,
  lowPercent: 80,
  minimumAgeMs: 120_000,
  maximumAgeMs: 0,
};

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
  disk: Disk,
  rule: CollectRule,
  nowMs: number,
): Collection {
  const mayGo = images
    .filter(({ isHeld, firstSeenMs }) => !isHeld && nowMs - firstSeenMs >= rule.minimumAgeMs)
    .sort((a, b) => a.lastUsedMs - b.lastUsedMs || a.firstSeenMs - b.firstSeenMs);
  const isOld = ({ firstSeenMs, lastUsedMs }: KnownImage) =>
    rule.maximumAgeMs > 0 && nowMs - Math.max(firstSeenMs, lastUsedMs) > rule.maximumAgeMs;
  const remove = mayGo.filter(isOld);
  const wantedBytes = tooMuch(disk, rule);
  let freedBytes = remove.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  for (const image of mayGo) {
    if (freedBytes >= wantedBytes) break;
    if (isOld(image)) continue;
    remove.push(image);
    freedBytes += image.sizeBytes;
  }
  return { remove, wantedBytes };
}

function tooMuch({ usedBytes, availableBytes }: Disk, { highPercent, lowPercent }: CollectRule): number {
  const capacityBytes = usedBytes + availableBytes;
  if (capacityBytes === 0 || (usedBytes * 100) / capacityBytes < highPercent) return 0;
  return Math.ceil(usedBytes - (capacityBytes * lowPercent) / 100);
}
