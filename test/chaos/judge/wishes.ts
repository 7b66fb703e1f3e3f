// Which wishes somebody may still act on: the newest, and the one before until its successor was heard of and some time more.
import { graceMs } from './facts.ts';
import type { Step } from './history.ts';

export interface Wish<T> {
  readonly generation: number;
  readonly spec: T;
  /** Since when the controller's status says that it knows of it. */
  observedMs: number | undefined;
}

export interface Observable<T> {
  readonly metadata: { readonly generation?: number | undefined };
  readonly spec?: T | undefined;
  readonly status?: { readonly observedGeneration?: number | undefined } | undefined;
}

export class Wishes<T> {
  #all: Wish<T>[] = [];

  /** @returns whether it is another wish than the one before */
  note({ metadata, spec, status }: Observable<T>, step: Step): boolean {
    const { generation = 0 } = metadata;
    const isNew = this.#all.at(-1)?.generation !== generation;
    if (isNew) this.#all.push({ generation, spec: spec!, observedMs: undefined });
    for (const wish of this.#all)
      if ((status?.observedGeneration ?? 0) >= wish.generation) wish.observedMs ??= step.latestMs;
    return isNew;
  }

  /** The newest first. */
  valid(step: Step): readonly T[] {
    const successors = this.#all.slice(1);
    const isOver = successors.map(
      ({ observedMs }) => observedMs !== undefined && step.earliestMs > observedMs + graceMs,
    );
    this.#all = this.#all.slice(isOver.lastIndexOf(true) + 1); // what is over stays over
    return this.#all.map(({ spec }) => spec).toReversed();
  }

  get newest(): T | undefined {
    return this.#all.at(-1)?.spec;
  }
}
