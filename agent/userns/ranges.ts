import { ReasonError } from '#lib/errors.ts';

/** Ids of the node that may be given to pods: `length` of them from `firstId` on. */
export interface Ids {
  readonly firstId: number;
  readonly length: number;
}

/**
 * Which pod has which part of the node's ids. No files, no processes.
 *
 * Parts are of one size and do not overlap; none holds the node's own root. What a pod has it keeps until it is released.
 * Rule: "User Namespaces", "Set up a node to support user namespaces".
 */
export class UserRanges {
  readonly #ids: Ids;
  readonly #perPod: number;
  readonly #byPod = new Map<string, number>(); // pod uid > first id; bounded by the number of parts
  readonly #taken = new Set<number>();

  /** @throws {Error} in upstream's words, if the ids are no whole number of parts or too few for `maxPods` */
  constructor(ids: Ids, perPod: number, maxPods: number) {
    const refusal = refusalOf(ids, perPod, maxPods);
    if (refusal !== undefined) throw new Error(refusal);
    this.#ids = ids;
    this.#perPod = perPod;
  }

  /** What the pod has, taken now if it had none. @throws {ReasonError} if all are taken */
  take(podUid: string): Ids {
    const firstId = this.#byPod.get(podUid) ?? this.#next();
    this.#note(podUid, firstId);
    return { firstId, length: this.#perPod };
  }

  of(podUid: string): Ids | undefined {
    const firstId = this.#byPod.get(podUid);
    return firstId === undefined ? undefined : { firstId, length: this.#perPod };
  }

  /** Notes what a pod had before. A repeat is fine. @throws {ReasonError} in upstream's words, if it cannot have that */
  record(podUid: string, { firstId, length }: Ids): void {
    const { firstId: first, length: whole } = this.#ids;
    const before = this.#byPod.get(podUid);
    const refuse = (why: string) => new ReasonError('Conflict', why);
    if (length !== this.#perPod) throw refuse(`wrong user namespace length ${length}`);
    if (firstId % length !== 0) throw refuse(`wrong user namespace offset specified ${firstId}`);
    if (before !== undefined && before !== firstId) {
      throw refuse(`different user namespace range already used by pod "${podUid}"`);
    }
    if (firstId < first || firstId >= first + whole) throw refuse(`id ${firstId} is out of range`);
    if (before === undefined && this.#taken.has(firstId)) {
      throw refuse(`range picked for pod "${podUid}" already taken`);
    }
    this.#note(podUid, firstId);
  }

  release(podUid: string): void {
    const firstId = this.#byPod.get(podUid);
    if (firstId === undefined) return;
    this.#byPod.delete(podUid);
    this.#taken.delete(firstId);
  }

  #note(podUid: string, firstId: number): void {
    this.#byPod.set(podUid, firstId);
    this.#taken.add(firstId);
  }

  #next(): number {
    const { firstId, length } = this.#ids;
    for (let id = firstId; id < firstId + length; id += this.#perPod) if (!this.#taken.has(id)) return id;
    throw new ReasonError('Conflict', 'could not find an empty slot to allocate a user namespace');
  }
}

/** Rule: 16 bits at least, as images use ids up to 65534. */
export const unitLength = 65_536;

function refusalOf({ firstId, length }: Ids, perPod: number, maxPods: number): string | undefined {
  if (perPod === 0 || perPod % unitLength !== 0) {
    return `kubelet user namespace length ${perPod} is not a multiple of ${unitLength}`;
  }
  if (firstId % perPod !== 0) return `kubelet user assigned ID ${firstId} is not a multiple of ${perPod}`;
  if (firstId < perPod) return `kubelet user assigned ID ${firstId} must be greater or equal to ${perPod}`;
  if (length % perPod !== 0) return `kubelet user assigned IDs length ${length} is not a multiple of ${perPod}`;
  if (length / perPod < maxPods) return `kubelet user assigned IDs are not enough to support ${maxPods} pods`;
  return undefined;
}
