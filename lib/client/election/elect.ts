// One of many leads. Rule: client-go's leader election on a Lease; the timings and the Events are upstream's.
import { leases } from '#lib/api/resources.ts';
import type { Lease } from '#lib/api/types/coordination.v1.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason, ReasonError } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import type { Client } from '../client.ts';
import { createEventRecorder, referenceTo } from '../events.ts';
import { type ElectionTimes, type Observed, planLease, planRelease, saysTheSame, standardTimes } from './plan.ts';

export interface ElectionOptions {
  readonly client: Client;
  /** Of the Lease, in kube-system, and of who says so in Events: `kube-scheduler`, `kube-controller-manager`. */
  readonly name: string;
  /** Unlike that of any other process. */
  readonly identity: string;
  readonly times?: ElectionTimes;
  readonly clock: Clock;
  readonly log: Log;
  /** Told on each change. */
  onLeading?(isLeading: boolean): void;
}

/**
 * Runs `lead` while this process holds the Lease, again whenever it gets it anew, until `signal` is aborted; gives the
 * Lease back then. The signal that `lead` gets is aborted once the Lease was not renewed in time: it must stop writing.
 */
export async function runElected(
  options: ElectionOptions,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { name, identity, clock, log, times = standardTimes } = options;
  const bound = log.with({ lease: name, identity });
  const recorded = new AbortController(); // outlives `signal`: the last Event tells of the end
  const events = createEventRecorder({ client: options.client, component: name, clock, log: bound });
  const writing = events.run(recorded.signal);
  const lease = createHold(options);
  const pauseMs = times.retryMs * (1 + spreadOf(identity));
  const tell = (what: string) => {
    const held = lease.held();
    if (held !== undefined) events.record(referenceTo(leases, held), 'Normal', 'LeaderElection', `${identity} ${what}`);
  };
  try {
    while (!signal.aborted) {
      while ((await lease.attempt(times.renewMs, signal)) !== 'held') await clock.sleep(pauseMs, signal);
      bound.info('Became leader');
      tell('became leader');
      options.onLeading?.(true);
      const term = new AbortController();
      const leading = lead(AbortSignal.any([signal, term.signal])).finally(() => term.abort());
      leading.catch(() => {}); // told below
      await renew(lease, times, clock, AbortSignal.any([signal, term.signal]));
      term.abort();
      options.onLeading?.(false);
      tell('stopped leading');
      bound.info('Stopped leading');
      await leading;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await lease.release();
    recorded.abort();
    await writing;
  }
}

/** Settles when the Lease was lost: to another one, or because no renewal went through for too long. */
async function renew(lease: Hold, { retryMs, renewMs }: ElectionTimes, clock: Clock, signal: AbortSignal) {
  let untilMs = clock.now() + renewMs; // less than the Lease lasts: this one stops before another one starts
  while (!signal.aborted && clock.now() < untilMs) {
    await clock.sleep(Math.min(retryMs, untilMs - clock.now()), signal).catch(() => {});
    const nowMs = clock.now();
    if (signal.aborted || nowMs >= untilMs) return;
    const outcome = await lease.attempt(untilMs - nowMs, signal).catch(() => 'unknown' as const);
    if (outcome === 'taken') return;
    if (outcome === 'held') untilMs = nowMs + renewMs;
  }
}

interface Hold {
  /** Who has the Lease: this process, another one, or nobody knows as it cannot be read or written within `ms`. */
  attempt(ms: number, signal: AbortSignal): Promise<'held' | 'taken' | 'unknown'>;
  release(): Promise<void>;
  /** The Lease as last read or written. */
  held(): Lease | undefined;
}

function createHold({ client, name, identity, clock, log, times = standardTimes }: ElectionOptions): Hold {
  const at = { namespace: 'kube-system', name };
  let lease: Lease | undefined;
  let observed: Observed | undefined;
  let isOurs = false;

  function observe(now: Lease): void {
    if (observed === undefined || !saysTheSame(observed.spec, now.spec)) {
      observed = { spec: now.spec, atMs: clock.now() };
    }
    lease = now;
  }

  async function read(signal: AbortSignal): Promise<void> {
    try {
      observe(await client.get(leases, at, signal));
    } catch (error) {
      if (!hasReason(error, 'NotFound')) throw error;
      [lease, observed] = [undefined, undefined];
    }
  }

  async function write(signal: AbortSignal): Promise<boolean> {
    if (!isOurs) await read(signal); // who leads knows what it wrote: a conflict tells of anything else
    const spec = planLease(observed, { identity, leaseMs: times.leaseMs, nowMs: clock.now() });
    if (spec === undefined) return false;
    const metadata = lease?.metadata ?? at;
    observe(
      lease === undefined
        ? await client.create(leases, { metadata, spec }, signal)
        : await client.update(leases, { ...lease, spec }, signal),
    );
    return true;
  }

  return {
    held: () => lease,
    async attempt(ms, signal) {
      try {
        isOurs = await within(ms, clock, signal, write);
        return isOurs ? 'held' : 'taken';
      } catch (error) {
        if (signal.aborted) throw error;
        isOurs = false;
        if (!hasReason(error, 'Conflict', 'AlreadyExists')) log.warn('Could not hold the lease', { name, err: error });
        return 'unknown';
      }
    },
    async release() {
      if (lease === undefined || lease.spec.holderIdentity !== identity) return;
      const freed = { ...lease, spec: planRelease(lease.spec, clock.now()) };
      const never = new AbortController().signal;
      await within(releaseMs, clock, never, (signal) => client.update(leases, freed, signal)).catch(() => {}); // it runs out
    },
  };
}
const releaseMs = 2_000;

/** What `work` gives. @throws {ReasonError} Timeout after `ms`: its signal is aborted then, and nobody waits for it */
async function within<T>(
  ms: number,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  const both = AbortSignal.any([signal, end.signal]);
  const late = clock.sleep(ms, both).then(() => {
    throw new ReasonError('Timeout', `No answer within ${ms} ms`);
  });
  try {
    return await Promise.race([work(both), late]);
  } finally {
    end.abort();
    late.catch(() => {});
  }
}

/** 0 to 1, its own for each identity: not all try at once. */
function spreadOf(identity: string): number {
  let hash = 0;
  for (const letter of identity) hash = (hash * 31 + letter.charCodeAt(0)) % 1000;
  return hash / 1000;
}
