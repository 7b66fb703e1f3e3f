import type { VolumeMount } from '#lib/api/types/core.v1.ts';
import { expand } from './expand.ts';

/**
 * The part of its volume that a mount asks for; '' for all of it.
 * Rule: "Volumes", "Using subPath with expanded environment variables".
 * @throws {Error} with upstream's words, which users see
 */
export function subPathOf(
  { subPath, subPathExpr }: Pick<VolumeMount, 'subPath' | 'subPathExpr'>,
  lookup: (name: string) => string | undefined,
): string {
  const missing = new Set<string>();
  const path =
    subPath ||
    expand(subPathExpr ?? '', (name) => {
      const value = lookup(name);
      if (value === undefined) missing.add(name);
      return value;
    });
  if (missing.size > 0) throw new Error(`missing value for ${[...missing].sort().join(', ')}`);
  if (path.startsWith('/')) throw new Error(`error SubPath \`${path}\` must not be an absolute path`);
  if (path.split('/').includes('..')) throw new Error(`unable to provision SubPath \`${path}\`: must not contain '..'`);
  return path;
}
