import { type Cidr, formatCidr, parseCidr, widthOf } from '#lib/ip.ts';

/**
 * Which ranges of `bits` within `cluster` are given away: the lowest free one comes first. Finding it does not take longer
 * the more there are. Rule: kubernetes pkg/controller/nodeipam, range allocator.
 */
export class Ranges {
  readonly #cluster: Cidr;
  readonly #bits: number;
  readonly #size: bigint;
  readonly #count: number;
  readonly #holders = new Map<number, number>(); // how many hold each, by its number
  #lowest = 0; // all below are held
  #passed = 0;

  constructor(cluster: Cidr, bits: number) {
    this.#cluster = cluster;
    this.#bits = bits;
    this.#size = 1n << BigInt(widthOf(cluster.family) - bits);
    this.#count = Number(this.#sizeOf(cluster) / this.#size);
  }

  /** Somebody has `text`: all that it overlaps is held. Of other families and networks it says nothing. */
  hold(text: string): void {
    for (const number of this.#numbersOf(text)) this.#holders.set(number, (this.#holders.get(number) ?? 0) + 1);
  }

  free(text: string): void {
    for (const number of this.#numbersOf(text)) {
      const left = (this.#holders.get(number) ?? 0) - 1;
      if (left > 0) this.#holders.set(number, left);
      else this.#holders.delete(number);
      if (left <= 0) this.#lowest = Math.min(this.#lowest, number);
    }
  }

  /** How many there are in all. */
  get count(): number {
    return this.#count;
  }

  get held(): number {
    return this.#holders.size;
  }

  /** How many that were held the last `next` had to pass by. */
  get passed(): number {
    return this.#passed;
  }

  /** Undefined: all are given away. */
  next(): string | undefined {
    const from = this.#lowest;
    while (this.#lowest < this.#count && this.#holders.has(this.#lowest)) this.#lowest++;
    this.#passed = this.#lowest - from;
    if (this.#lowest >= this.#count) return undefined;
    const base = this.#cluster.base + BigInt(this.#lowest) * this.#size;
    return formatCidr({ family: this.#cluster.family, base, bits: this.#bits });
  }

  #numbersOf(text: string): readonly number[] {
    const range = parseCidr(text);
    if (range === undefined || range.family !== this.#cluster.family) return [];
    const first = largest(range.base, this.#cluster.base) - this.#cluster.base;
    const end = smallest(range.base + this.#sizeOf(range), this.#cluster.base + this.#sizeOf(this.#cluster));
    const last = end - 1n - this.#cluster.base;
    if (last < first) return [];
    const [from, to] = [Number(first / this.#size), Number(last / this.#size)];
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  }

  #sizeOf({ family, bits }: Cidr): bigint {
    return 1n << BigInt(widthOf(family) - bits);
  }
}

function largest(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function smallest(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
