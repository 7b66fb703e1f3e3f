// Whether what was asked for is there, as the API shows it: it adds defaults, and takes nothing away.
import type { KubeObject } from '#lib/api/resource.ts';
import { isLeaving } from './facts.ts';
import type { Broken } from './history.ts';

export interface Wish {
  readonly kind: string;
  readonly name: string;
  readonly spec: object | undefined;
  readonly isGone?: boolean;
}

/** What was acknowledged and cannot be found. Until `isEnd` an object that is asked to go may still be on its way. */
export function lostWishes(
  pairs: readonly { readonly wish: Wish; readonly found: KubeObject | undefined }[],
  isEnd = false,
): readonly Broken[] {
  return pairs.flatMap(({ wish, found }) => {
    const problem = problemOf(wish, found, isEnd);
    if (problem === undefined) return [];
    const what = `${wish.kind} ${wish.name} ${problem}`;
    return [{ rule: 'acknowledged', what, objects: found === undefined ? [] : [found] }];
  });
}

function problemOf({ spec, isGone }: Wish, found: KubeObject | undefined, isEnd: boolean): string | undefined {
  if (isGone) return found === undefined || (!isEnd && isLeaving(found)) ? undefined : 'is still there';
  if (found === undefined) return 'is not there';
  const path = difference(spec, (found as { spec?: unknown }).spec, 'spec');
  return path === undefined ? undefined : `has another ${path} than was asked for`;
}

/** The first path at which `found` has not what `wanted` says. */
function difference(wanted: unknown, found: unknown, path: string): string | undefined {
  if (typeof wanted !== 'object' || wanted === null) return wanted === found ? undefined : path;
  if (typeof found !== 'object' || found === null) return path;
  if (Array.isArray(wanted) && (!Array.isArray(found) || wanted.length !== found.length)) return path;
  for (const [key, value] of Object.entries(wanted)) {
    const inner = difference(value, (found as Record<string, unknown>)[key], `${path}.${key}`);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
