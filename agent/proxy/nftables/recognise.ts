import { hash } from '../hash.ts';
import type { ObjectSet } from '../object-set.ts';
import { splitObject } from './objects.ts';
import type { Observed } from './observe.ts';

/**
 * What is there, by the texts that are wanted where it is that: what is right is not touched. Undefined if the table cannot become
 * what is wanted, as a hook of it is another.
 */
export function recognise(observed: Observed, wanted: Pick<ObjectSet, 'textOf'>): Map<string, string> | undefined {
  const there = new Map<string, string>();
  for (const [id, text] of observed) {
    const wish = wanted.textOf(id);
    if (splitObject(id).kind !== 'chain') {
      // A set's definition never changes under its name.
      there.set(id, splitObject(id).kind === 'element' ? text : (wish ?? ''));
      continue;
    }
    if (wish !== undefined && hookOf(wish) !== hookOf(text)) return undefined;
    there.set(id, wish !== undefined && marksOf(wish) === text ? wish : text);
  }
  return there;
}

/** A chain's text as it is seen in the kernel: each rule by its comment. */
function marksOf(text: string): string {
  const [hook, ...rules] = text.split('\n');
  return [hook, ...rules.map(hash)].join('\n');
}

function hookOf(text: string): string {
  return text.split('\n', 1)[0]!;
}
