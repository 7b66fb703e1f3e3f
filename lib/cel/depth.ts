import type { Node } from './cost.ts';

/**
 * Whether a parsed expression is nested more than `most` deep. Takes no room on the stack, whoever wrote it.
 * Rule: cel-go parser, MaxRecursionDepth.
 */
export function isDeeper(root: Node, most: number): boolean {
  const waiting: (readonly [part: unknown, depth: number])[] = [[root, 1]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [part, depth] = next;
    if (typeof part !== 'object' || part === null) continue;
    if (depth > most) return true;
    if (Array.isArray(part)) for (const one of part) waiting.push([one, depth]);
    else if ('op' in part && part.op !== 'value') waiting.push([(part as Node).args, depth + 1]);
  }
  return false;
}
