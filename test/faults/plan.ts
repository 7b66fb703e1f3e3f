// What goes wrong with a call or an event: decided here from numbers, done in proxy.ts.
import type { Random } from './random.ts';

export type Fault =
  | { readonly do: 'nothing' }
  /** The call is sent, or its answer handed on, later. */
  | { readonly do: 'delay'; readonly ms: number; readonly where: 'before' | 'after' }
  /** The call is never sent. */
  | { readonly do: 'refuse'; readonly code: number }
  /** The call is done and its answer is lost. */
  | { readonly do: 'lose'; readonly code: number }
  /** The caller is told at once that it failed, and it is done nevertheless. */
  | { readonly do: 'abandon'; readonly code: number };

export type EventFault =
  | { readonly do: 'nothing' }
  | { readonly do: 'drop' }
  | { readonly do: 'double' }
  | { readonly do: 'delay'; readonly ms: number }
  /** The stream breaks. */
  | { readonly do: 'cut' };

const deadlineExceeded = 4;
const resourceExhausted = 8;
const internal = 13;
const unavailable = 14;
const unknown = 2;

/** One call in five goes wrong in some way. */
export function planFault(random: Random): Fault {
  const roll = random.next();
  if (roll < 0.8) return { do: 'nothing' };
  if (roll < 0.88) return { do: 'delay', ms: 10 + random.below(1_500), where: random.pick(['before', 'after']) };
  if (roll < 0.93) return { do: 'refuse', code: random.pick([unavailable, unknown, internal, resourceExhausted]) };
  if (roll < 0.97) return { do: 'lose', code: random.pick([unavailable, deadlineExceeded]) };
  return { do: 'abandon', code: random.pick([unavailable, deadlineExceeded]) };
}

/** Half of all events. */
export function planEventFault(random: Random): EventFault {
  const roll = random.next();
  if (roll < 0.5) return { do: 'nothing' };
  if (roll < 0.7) return { do: 'drop' };
  if (roll < 0.85) return { do: 'double' };
  if (roll < 0.98) return { do: 'delay', ms: 10 + random.below(3_000) };
  return { do: 'cut' };
}

/** Now and then the runtime is away for a while: how long the next time with it lasts, and the time without it. */
export function planOutage(random: Random): { readonly afterMs: number; readonly forMs: number } {
  return { afterMs: 8_000 + random.below(15_000), forMs: 200 + random.below(2_500) };
}
