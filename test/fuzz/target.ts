import type { Random } from '../chaos/random.ts';

/** Something that reads what strangers send. */
export interface Target {
  readonly name: string;
  /** One case, the same for the same numbers. Throws what is wrong: what was refused as it should be is swallowed. */
  run(random: Random): void | Promise<void>;
}
