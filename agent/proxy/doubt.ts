// How far the kernel can be trusted to have the rules that it was given, and what to do about it. Knows no kernel and no clock.
//
//   word of a loss ──nothing of ours under way─▶ lost ────heal: all is read and put right at once
//                 └─amidst a change of ours────▶ unsure ──resync: the same, soon, and seldom; until then a look
//   nobody listened, or more was said than could be heard ──▶ unsure
//
// A whole read that began later than all that ends it.
import { assertNever } from '#lib/errors.ts';
import type { Loss } from './rule-events.ts';

/** Times in milliseconds; never: -Infinity. */
export interface Facts {
  /** A change of our own is under way. */
  readonly isChanging: boolean;
  /** When the last one was over. */
  readonly changedAtMs: number;
  /** The next change reads the kernel as a whole first. */
  readonly isForgotten: boolean;
  /** When that began, if it has. */
  readonly readFromMs: number | undefined;
  /** When the last whole read began that is over. */
  readonly readAtMs: number;
  /** Somebody took something of ours. */
  readonly lostAtMs: number;
  /** Somebody may have, and nobody could tell: the last time. */
  readonly unsureAtMs: number;
  /** Since when that is so. */
  readonly unsureFromMs: number;
  /** When a look is due. */
  readonly lookAtMs: number | undefined;
  /** When doubt led to a whole read: the last few times. */
  readonly resyncedAtMs: readonly number[];
}

export const firstFacts: Facts = {
  isChanging: false,
  changedAtMs: Number.NEGATIVE_INFINITY,
  isForgotten: true,
  readFromMs: undefined,
  readAtMs: Number.NEGATIVE_INFINITY,
  lostAtMs: Number.NEGATIVE_INFINITY,
  unsureAtMs: Number.NEGATIVE_INFINITY,
  unsureFromMs: Number.NEGATIVE_INFINITY,
  lookAtMs: undefined,
  resyncedAtMs: [],
};

export type Happening =
  /** From now on somebody listens: not before. */
  | { readonly what: 'listening' }
  /** Word of a loss that no change of ours brought with it for certain. */
  | { readonly what: 'told'; readonly loss: Loss }
  | { readonly what: 'lookDue' | 'looking' }
  /** A change of our own begins; is over; could not be made. */
  | { readonly what: 'changing' | 'changed' | 'failed' }
  /** Nothing is taken for granted any more; `isResync`: out of doubt. */
  | { readonly what: 'forgotten'; readonly isResync: boolean };

export function factsAfter(facts: Facts, happening: Happening, nowMs: number): Facts {
  switch (happening.what) {
    case 'listening':
      return unsure(facts, nowMs);
    case 'told':
      return told(facts, happening.loss, nowMs);
    case 'lookDue':
      return withLook(facts, nowMs);
    case 'looking':
      return { ...facts, lookAtMs: undefined };
    case 'changing':
      return { ...facts, isChanging: true, readFromMs: facts.isForgotten ? (facts.readFromMs ?? nowMs) : undefined };
    case 'changed': {
      const over = { ...facts, isChanging: false, changedAtMs: nowMs };
      // Forgotten once more while it was read: that is still to come.
      return facts.readFromMs === undefined
        ? over
        : { ...over, isForgotten: false, readFromMs: undefined, readAtMs: facts.readFromMs };
    }
    case 'failed':
      return { ...facts, isChanging: false, changedAtMs: nowMs };
    case 'forgotten': {
      const resyncedAtMs = happening.isResync ? [...facts.resyncedAtMs, nowMs].slice(-mostResyncs) : facts.resyncedAtMs;
      return { ...facts, isForgotten: true, readFromMs: undefined, lookAtMs: undefined, resyncedAtMs };
    }
    default:
      return assertNever(happening, 'happening');
  }
}

function told(facts: Facts, loss: Loss, nowMs: number): Facts {
  const isAmidst = facts.isChanging || nowMs - facts.changedAtMs < tellMs;
  switch (loss) {
    case 'ours':
      return isAmidst ? unsure(facts, nowMs) : { ...facts, lostAtMs: nowMs };
    case 'maybe':
      return withLook(facts, isAmidst ? nowMs + soonMs : nowMs);
    case 'unheard':
      return unsure(facts, nowMs);
    default:
      return assertNever(loss, 'loss');
  }
}

function unsure(facts: Facts, nowMs: number): Facts {
  const unsureFromMs = facts.unsureAtMs >= facts.readAtMs ? facts.unsureFromMs : nowMs;
  return { ...withLook(facts, nowMs + soonMs), unsureAtMs: nowMs, unsureFromMs };
}

function withLook(facts: Facts, atMs: number): Facts {
  return { ...facts, lookAtMs: Math.min(facts.lookAtMs ?? atMs, atMs) };
}

/** What to do, and when: heal and resync read all, a look sees flushes only. */
export interface Advice {
  readonly what: 'heal' | 'resync' | 'look';
  readonly atMs: number;
}

/** `isMany`: Services are so many that the rules must not be read as a whole out of mere doubt. Undefined: nothing. */
export function adviceOf(facts: Facts, nowMs: number, isMany: boolean): Advice | undefined {
  if (facts.isChanging || facts.isForgotten) return undefined; // asked again when that is over
  if (facts.lostAtMs >= facts.readAtMs) return { what: 'heal', atMs: nowMs };
  const isUnsure = facts.unsureAtMs >= facts.readAtMs && !isMany;
  const formerAtMs = facts.resyncedAtMs.at(-mostResyncs) ?? Number.NEGATIVE_INFINITY;
  const calmAtMs = Math.min(facts.unsureAtMs + calmMs, facts.unsureFromMs + soonMs);
  const resyncAtMs = isUnsure ? Math.max(calmAtMs, formerAtMs + withinMs) : undefined;
  const { lookAtMs } = facts;
  if (resyncAtMs !== undefined && resyncAtMs <= (lookAtMs ?? resyncAtMs)) return { what: 'resync', atMs: resyncAtMs };
  return lookAtMs === undefined ? undefined : { what: 'look', atMs: lookAtMs };
}
/** How long after a change word of it may come: through a program of its own. */
const tellMs = 200;
const soonMs = 2 * tellMs;
/** So many resyncs in so long a time: one each 5 s where there is no end of doubt, and at once where doubt is rare. */
const mostResyncs = 5;
const withinMs = 25_000;
/** Of a table that is flushed there is word rule by rule: one resync for all of it. */
const calmMs = 100;
