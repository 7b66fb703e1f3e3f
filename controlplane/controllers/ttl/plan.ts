interface Step {
  /** Number of nodes at which it goes down to the step before, and up to the next one. */
  readonly least: number;
  readonly most: number;
  readonly seconds: number;
}

/** Steps overlap, so that a node that comes and goes does not change all others. Rule: kubernetes pkg/controller/ttl. */
const steps: readonly Step[] = [
  { least: 0, most: 100, seconds: 0 },
  { least: 90, most: 500, seconds: 15 },
  { least: 450, most: 1_000, seconds: 30 },
  { least: 900, most: 2_000, seconds: 60 },
  { least: 1_800, most: Number.POSITIVE_INFINITY, seconds: 300 },
];

/** How long an agent may keep Secrets and ConfigMaps before it asks again, in seconds, with so many nodes. */
export function ttlFor(nodes: number, before: number): number {
  let at = Math.max(
    0,
    steps.findIndex(({ seconds }) => seconds === before),
  );
  while (nodes > steps[at]!.most) at++;
  while (nodes < steps[at]!.least) at--;
  return steps[at]!.seconds;
}
