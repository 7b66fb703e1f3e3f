/** A variable that may have no value: expressions see it as an optional one. Known without the library. */
export class Maybe {
  readonly value: unknown;

  /** `undefined`: it has none. */
  constructor(value: unknown) {
    this.value = value;
  }
}
