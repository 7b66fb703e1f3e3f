/** A range of numbers: [first, first + size). */
export interface Span {
  readonly first: number;
  readonly size: number;
}

/**
 * Any free number of the upper band, or of the lower one if that is full: the lowest `reserved` ones are left for those
 * who ask for a certain one. Undefined: all are taken. Pure.
 * Rule: KEP-3070 and KEP-3668, reserve Service IP and node port ranges for dynamic and static allocation.
 */
export function pickFree(
  { first, size }: Span,
  reserved: number,
  isTaken: (value: number) => boolean,
  random: () => number,
): number | undefined {
  const upper = { first: first + reserved, size: size - reserved };
  return pickIn(upper, isTaken, random) ?? pickIn({ first, size: reserved }, isTaken, random);
}

function pickIn({ first, size }: Span, isTaken: (value: number) => boolean, random: () => number): number | undefined {
  if (size <= 0) return undefined;
  const start = Math.floor(random() * size);
  for (let i = 0; i < size; i++) {
    const value = first + ((start + i) % size);
    if (!isTaken(value)) return value;
  }
  return undefined;
}

/** How many addresses of a range of `size` are kept for those who ask for a certain one. */
export function reservedAddresses(size: number): number {
  return bounded(Math.floor(size / 16), 16, 256, size);
}

/** The same for node ports. */
export function reservedPorts(size: number): number {
  return bounded(Math.floor(size / 32), 16, 128, size);
}

function bounded(value: number, least: number, most: number, size: number): number {
  return size <= least ? 0 : Math.min(most, Math.max(least, value));
}
