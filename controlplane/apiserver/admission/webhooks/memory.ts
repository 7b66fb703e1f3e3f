import { isDeepStrictEqual } from 'node:util';
import type { Attributes } from '../admission.ts';

/** What mutating webhooks have done to one object so far. Rule: reinvocationPolicy, and plugin/webhook/mutating/reinvocationcontext. */
export interface Turn {
  /** In the second pass only those are called that want to see changes made after them. */
  mayCall(id: string): boolean;
  called(id: string, mayReturn: boolean): void;
  changed(): void;
  end(): void;
}

export function createMemory(): { of(attributes: Attributes): Turn } {
  const known = new WeakMap<object, Past>();
  return {
    of(attributes) {
      const { object } = attributes;
      const past = (object && attributes.isReinvocation ? known.get(object) : undefined) ?? {
        done: [],
        due: new Set(),
      };
      if (object) known.set(object, past);
      if (attributes.isReinvocation && !isDeepStrictEqual(past.last, object)) requireDone(past);
      return {
        mayCall: (id) => !attributes.isReinvocation || past.due.has(id),
        called(id, mayReturn) {
          if (mayReturn) past.done.push(id);
        },
        changed: () => requireDone(past),
        end() {
          if (past.done.length > 0) past.last = structuredClone(object); // nobody else would look at it again
        },
      };
    },
  };
}

interface Past {
  /** Called before, and willing to be again. */
  done: string[];
  readonly due: Set<string>;
  /** The object as the webhooks left it. */
  last?: unknown;
}

function requireDone(past: Past): void {
  for (const id of past.done) past.due.add(id);
  past.done = [];
}
