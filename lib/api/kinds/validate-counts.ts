// What the numbers in a status may be. Pure.
import { child, invalidValue, type Path } from '../field-errors.ts';
import type { StatusCause } from '../types/meta.v1.ts';

type Counts = Readonly<Record<string, unknown>>;

/** None below zero; in each of `atMost`, the first no greater than the second, with upstream's words for that. */
export function validateCounts(
  status: object = {},
  names: readonly string[],
  atMost: readonly (readonly [string, string, string])[] = [],
  path: Path = 'status',
): StatusCause[] {
  const of = (name: string) => ((status as Counts)[name] as number | undefined) ?? 0;
  return [
    ...names
      .filter((name) => of(name) < 0)
      .map((name) => invalidValue(child(path, name), of(name), 'must be greater than or equal to 0')),
    ...atMost
      .filter(([name, most]) => of(name) > of(most))
      .map(([name, , words]) => invalidValue(child(path, name), of(name), `cannot be greater than ${words}`)),
  ];
}

/** A count that can only grow. */
export function notDecremented(next: object = {}, previous: object = {}, name: string): StatusCause[] {
  const [now, before] = [
    (next as Counts)[name] as number | undefined,
    (previous as Counts)[name] as number | undefined,
  ];
  if (before === undefined || (now !== undefined && now >= before)) return [];
  return [invalidValue(child('status', name), now ?? 0, 'cannot be decremented')];
}
