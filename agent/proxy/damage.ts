import { backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import { assertNever } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { settledOrAborted } from '../settled-or-aborted.ts';
import type { Look, ProxyMode } from './backend.ts';
import { adviceOf, type Facts, factsAfter, firstFacts, type Happening } from './doubt.ts';
import type { FamilyProxy } from './family.ts';
import { latestMs, nextLookMs, nextWholeLookMs } from './look-again.ts';
import { type Losses, OwnLosses } from './own-losses.ts';
import { type Ear, type Word, watchRules } from './rule-events.ts';

/** Until `signal` is aborted, or nobody tells any more. */
export type Watch = (ear: Ear, signal: AbortSignal) => Promise<void>;

export interface DamageOptions {
  readonly mode: ProxyMode;
  readonly families: readonly FamilyProxy[];
  /** `watchRules` unless told. */
  readonly watch?: Watch | undefined;
  countServices(): number;
  /** Asks for a change of our own, which will read what has been forgotten. */
  onForgotten(): void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Notices what others do to our rules, by word of the kernel and by looks, and has that put right. */
export interface Damage {
  /** A change of our own begins. */
  changing(): void;
  /** It is over. */
  changed(isDone: boolean): void;
  /** What it takes from the kernel: told before it does. */
  expectLosses(losses: Losses): void;
  run(signal: AbortSignal): Promise<void>;
}

export function createDamage(options: DamageOptions): Damage {
  const { mode, families, clock, log } = options;
  const watch: Watch = options.watch ?? watchRules;
  const own = new OwnLosses();
  let facts: Facts = firstFacts;
  let until: AbortSignal | undefined; // while this runs
  let wakeAtMs = Number.POSITIVE_INFINITY;
  let isMany = false;
  let settled = Promise.withResolvers<void>(); // once the kernel has what is wanted
  let ear: AbortController | undefined;
  let isRenewing = false;
  let isLooking = false;
  let lookTookMs = 0;

  function note(happening: Happening): void {
    facts = factsAfter(facts, happening, clock.now());
    consider();
  }

  function consider(): void {
    if (until === undefined || until.aborted) return;
    const advice = adviceOf(facts, clock.now(), isMany);
    if (advice === undefined) return;
    if (advice.atMs > clock.now()) {
      wakeAt(advice.atMs, until);
      return;
    }
    switch (advice.what) {
      case 'heal':
        heal(families);
        return;
      case 'resync':
        log.debug('Reading all rules as somebody may have changed them unheard');
        forget(families, true);
        return;
      case 'look':
        if (!isLooking) void lookWhole(until).catch(() => undefined); // the end
        return;
      default:
        assertNever(advice.what, 'advice');
    }
  }

  function wakeAt(atMs: number, signal: AbortSignal): void {
    if (wakeAtMs <= atMs) return;
    wakeAtMs = atMs;
    void clock.sleep(atMs - clock.now(), signal).then(
      () => {
        if (wakeAtMs === atMs) wakeAtMs = Number.POSITIVE_INFINITY;
        consider();
      },
      () => undefined, // the end
    );
  }

  function heal(sick: readonly FamilyProxy[]): void {
    log.warn('Found rules gone that somebody else removed', { families: sick.map(({ family }) => `IPv${family}`) });
    forget(sick, false);
  }

  function forget(some: readonly FamilyProxy[], isResync: boolean): void {
    for (const family of some) family.forget();
    settled = Promise.withResolvers();
    if (isMany) ear?.abort(); // so many rules of our own would be told one by one
    if (some.length === families.length) note({ what: 'forgotten', isResync });
    options.onForgotten();
  }

  /** Looks at what tells that all is gone: of some changes nobody tells. */
  async function look(how: Look, signal: AbortSignal): Promise<void> {
    const found = await Promise.all(families.map((family) => family.isDamaged(how, signal).catch(() => false)));
    const sick = families.filter((_family, index) => found[index]);
    if (sick.length > 0) heal(sick);
  }

  /** One at a time: what is told meanwhile leads to another one afterwards. */
  async function lookWhole(signal: AbortSignal): Promise<void> {
    isLooking = true;
    const startMs = clock.now();
    try {
      note({ what: 'looking' });
      await look('whole', signal);
    } finally {
      isLooking = false;
      lookTookMs = clock.now() - startMs;
    }
    consider();
  }

  async function lookAgain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(nextWholeLookMs(lookTookMs), signal);
      note({ what: 'lookDue' });
    }
  }

  /** Where nobody tells: looks that are cheap enough to be made each second. */
  async function lookOften(signal: AbortSignal): Promise<void> {
    let tookMs: readonly number[] = [];
    while (!signal.aborted) {
      await clock.sleep(nextLookMs(tookMs), signal);
      isMany = options.countServices() > mostTold;
      if (isUnheard()) ear?.abort();
      // Of virtual servers that went nobody tells, however few they are.
      if (!(isUnheard() || mode === 'ipvs') || facts.isChanging || facts.isForgotten) continue;
      const startMs = clock.now();
      await look('short', signal);
      tookMs = [...tookMs, clock.now() - startMs].slice(-5);
    }
  }

  /** Whether listening is too dear: who is told slows our own changes down. */
  function isUnheard(): boolean {
    return mode === 'iptables' && isMany;
  }

  async function listen(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      await settledOrAborted(settled.promise, signal);
      if (signal.aborted) return;
      isMany = options.countServices() > mostTold;
      if (isUnheard()) {
        await clock.sleep(latestMs, signal); // `lookOften` it is
        continue;
      }
      const startMs = clock.now();
      const current = new AbortController();
      const end = AbortSignal.any([signal, current.signal]);
      ear = current;
      await watch({ isUp, hears, isOutdated: () => void renew(current, startMs, end) }, end);
      const isMeant = current.signal.aborted || clock.now() - startMs > watchRetry.mostMs;
      ear = undefined;
      failures = isMeant ? 0 : failures + 1;
      if (failures > 0) await clock.sleep(backoffMs(failures, watchRetry), signal);
    }
  }

  function isUp(): void {
    own.clear(); // what was taken before is not told
    note({ what: 'listening' });
  }

  /** Whoever listens does not know all sets (any more): somebody else takes over, once in a while. */
  async function renew(current: AbortController, startMs: number, end: AbortSignal): Promise<void> {
    note({ what: 'told', loss: 'unheard' });
    if (isMany || isRenewing) return; // so many sets are too much to learn anew
    isRenewing = true;
    await clock.sleep(Math.max(0, startMs + renewMs - clock.now()), end).catch(() => undefined);
    isRenewing = false;
    current.abort();
  }

  function hears({ loss, place }: Word): void {
    if (!facts.isChanging && clock.now() - facts.changedAtMs > lateMs) own.clear();
    if (!own.covers(place)) note({ what: 'told', loss });
  }

  return {
    changing() {
      if (clock.now() - facts.changedAtMs > lateMs) own.clear();
      note({ what: 'changing' });
    },
    changed(isDone) {
      if (!isDone) own.clear(); // of what was to be taken, nobody knows how much was
      note({ what: isDone ? 'changed' : 'failed' });
      if (isDone && !facts.isForgotten) settled.resolve();
    },
    expectLosses(losses) {
      if (ear !== undefined) own.expect(losses);
    },
    async run(signal) {
      until = signal;
      await Promise.all([listen(signal), lookAgain(signal), lookOften(signal)]);
    },
  };
}
const mostTold = 2_000; // Services; with 10,000 a change takes 100 ms instead of 40 while somebody listens
/** How long after a change of our own word of what it took is still to come. */
const lateMs = 5_000;
const renewMs = 5_000;
const watchRetry = { firstMs: 500, mostMs: 60_000, jitter: 0.2 };
