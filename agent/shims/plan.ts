// Which shims nobody will ever ask for again. Pure.

/** A process that stands between a runtime and the containers of one sandbox. */
export interface Shim {
  readonly pid: number;
  /** Of its sandbox or container. */
  readonly id: string;
  /** In ticks since the machine's start: with `pid`, never of two processes. */
  readonly startedAt: number;
  readonly hasChildren: boolean;
}

/**
 * Those that hold nothing and that the runtime does not know, and did not when this was asked `before`. A call to make a
 * sandbox that is cut off (its caller was killed) leaves one behind: containerd forgets the sandbox, and not to end its shim
 * only as a rule.
 */
export function orphansOf(shims: readonly Shim[], known: ReadonlySet<string>, before: ReadonlySet<string>) {
  const idle = shims.filter(({ id, hasChildren }) => !hasChildren && !known.has(id));
  return {
    suspects: new Set(idle.map(keyOf)),
    orphans: idle.filter((shim) => before.has(keyOf(shim))),
  };
}

function keyOf({ pid, startedAt }: Shim): string {
  return `${pid} ${startedAt}`;
}
