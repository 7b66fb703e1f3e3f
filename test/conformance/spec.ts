// What a spec is, which may run beside others, and which come first. Pure.

export interface Spec {
  /** As the suite names it, without the suite's own name before it. */
  readonly name: string;
}

/** '[sig-node]' and the like; the old suite's '[k8s.io]' are the node's. */
export function areaOf(name: string): string {
  const tag = /^\[([^\]]+)\]/.exec(name)?.[1] ?? 'other';
  return tag === 'k8s.io' ? 'sig-node' : tag;
}

export function isSerial(name: string): boolean {
  return name.includes('[Serial]') || name.includes('[Disruptive]');
}

export function isSlow(name: string): boolean {
  return name.includes('[Slow]');
}

export interface Selection {
  readonly focus?: RegExp | undefined;
  readonly skip?: RegExp | undefined;
  readonly onlyNode?: boolean | undefined;
  /** If given, just these. */
  readonly names?: ReadonlySet<string> | undefined;
}

export function select(all: readonly string[], { focus, skip, onlyNode, names }: Selection): readonly string[] {
  return all.filter(
    (name) =>
      (names === undefined || names.has(name)) &&
      (focus === undefined || focus.test(name)) &&
      (skip === undefined || !skip.test(name)) &&
      (!onlyNode || name.includes('[NodeConformance]')),
  );
}

export interface Schedule {
  /** Slow ones first, so that none is left over at the end. */
  readonly parallel: readonly string[];
  readonly serial: readonly string[];
}

export function scheduleOf(names: readonly string[]): Schedule {
  const parallel = names.filter((name) => !isSerial(name));
  return {
    parallel: [...parallel.filter(isSlow), ...parallel.filter((name) => !isSlow(name))],
    serial: names.filter(isSerial),
  };
}

/**
 * As many specs as fit into `budgetSeconds` of `workers` side by side: NodeConformance first, then those whose turn it is.
 * One that takes more than half of the budget by itself has every third turn.
 * `turn` is any number that grows from run to run: each spec is reached within a few of them.
 */
export function rotation(
  names: readonly string[],
  secondsOf: (name: string) => number,
  { budgetSeconds, workers, turn }: { readonly budgetSeconds: number; readonly workers: number; readonly turn: number },
): readonly string[] {
  const due = names.filter((name) => turn % 3 === 0 || secondsOf(name) <= budgetSeconds / 2);
  const first = due.filter((name) => name.includes('[NodeConformance]'));
  const others = due.filter((name) => !name.includes('[NodeConformance]'));
  const start = others.length === 0 ? 0 : (turn * Math.ceil(others.length / 3)) % others.length;
  const order = [...first, ...others.slice(start), ...others.slice(0, start)];
  let left = budgetSeconds;
  return order.filter((name) => {
    const cost = isSerial(name) ? secondsOf(name) : secondsOf(name) / workers;
    if (cost > left) return false;
    left -= cost;
    return true;
  });
}
