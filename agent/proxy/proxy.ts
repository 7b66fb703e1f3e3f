import type { Node, Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { backoffMs } from '#lib/backoff.ts';
import type { Informer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import type { Exec } from '#lib/exec.ts';
import { type Family, familyOf } from '#lib/ip.ts';
import type { Log } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import { followServices, type ServiceFeed } from '../service-feed.ts';
import { settledOrAborted } from '../settled-or-aborted.ts';
import type { Look, ProxyMode } from './backend.ts';
import { createFamilyProxy, type FamilyProxy } from './family.ts';
import { removeRules } from './iptables/cleanup.ts';
import { hasServed, removeServers } from './ipvs/cleanup.ts';
import { latestMs, nextLookMs } from './look-again.ts';
import { createProxyMetrics } from './metrics.ts';
import { removeTables } from './nftables/cleanup.ts';
import type { PortPlan } from './plan.ts';
import { type Loss, watchRules } from './rule-events.ts';

export interface ProxyOptions {
  readonly mode: ProxyMode;
  readonly nodeName: string;
  readonly nodeIps: readonly string[];
  readonly clusterCidrs: readonly string[];
  /** As they are now: `setRanges` tells that there are others. */
  serviceCidrs(): readonly string[];
  /** Addresses of Services that this node answers itself, such as cluster DNS. */
  readonly ownAddresses: readonly string[];
  /** `primary`, or ranges of this node's addresses at which node ports answer; all unless told. */
  readonly nodePortAddresses?: readonly string[] | undefined;
  readonly informers: {
    readonly nodes: Informer<Node>;
    readonly services: Informer<Service>;
    readonly endpointSlices: Informer<EndpointSlice>;
  };
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** `watchRules` unless told. */
  readonly watch?: ((isOwn: () => boolean, signal: AbortSignal) => Promise<Loss>) | undefined;
}

export interface Proxy {
  /** Keeps the node's rules as the cluster wants them until `signal` is aborted; the rules then stay. */
  run(signal: AbortSignal): Promise<void>;
  health(): ProxyHealth;
  /** The plans of one Service, for its health check port and for debugging. */
  plansOf(key: string): readonly PortPlan[];
  /** Calls `listener` with the key of each Service whose plans have just been applied. */
  onApplied(listener: (keys: ReadonlySet<string>) => void): void;
  /** Addresses of nodes on other segments: what pods send there has this node's address, as nobody between knows theirs. */
  setFarNodes(ips: readonly string[]): void;
  /** The ranges of Services are others now. */
  setRanges(): void;
}

export interface ProxyHealth {
  /** When the rules were last known to be right. */
  readonly syncedAtMs: number | undefined;
  /** Since when a change waits; undefined if none does. */
  readonly waitingSinceMs: number | undefined;
}

/** Turns Services into rules: at once on each change, what comes within a few milliseconds together. */
export function createProxy(options: ProxyOptions): Proxy {
  const { informers, clock, log } = options;
  const metrics = createProxyMetrics(options.metrics);
  const families = familiesOf(options.clusterCidrs).map((family) => createFamilyProxy({ ...options, family }));
  const listeners: ((keys: ReadonlySet<string>) => void)[] = [];
  let changed = new Set<string>();
  let areNodesChanged = true;
  let farIps: readonly string[] = [];
  let waitingSinceMs: number | undefined = clock.now();
  let syncedAtMs: number | undefined;
  let bell = Promise.withResolvers<void>();
  let synced = Promise.withResolvers<void>(); // once nothing waits
  let isApplying = false;
  let appliedAtMs = Number.NEGATIVE_INFINITY;

  function ring(): void {
    waitingSinceMs ??= clock.now();
    bell.resolve();
  }

  async function sync(feed: ServiceFeed, signal: AbortSignal): Promise<void> {
    bell = Promise.withResolvers<void>();
    const startMs = clock.now();
    const [keys, sinceMs] = [changed, waitingSinceMs];
    changed = new Set();
    waitingSinceMs = undefined;
    const mustReadNodes = areNodesChanged;
    areNodesChanged = false;
    isApplying = true;
    try {
      for (const family of families) {
        if (mustReadNodes && family.setNodes([...informers.nodes.list()], farIps))
          for (const key of feed.keys()) keys.add(key);
        await family.sync(keys, feed, signal);
      }
      await removeOther(signal);
    } catch (error) {
      for (const key of keys) changed.add(key);
      areNodesChanged ||= mustReadNodes;
      waitingSinceMs = sinceMs;
      bell.resolve();
      throw error;
    } finally {
      isApplying = false;
      appliedAtMs = clock.now();
    }
    syncedAtMs = appliedAtMs;
    synced.resolve();
    metrics.synced(syncedAtMs - startMs, syncedAtMs - (sinceMs ?? startMs), syncedAtMs);
    for (const listener of listeners) listener(keys);
  }

  /** What another mode has left behind goes once this one serves. */
  async function removeOther(signal: AbortSignal): Promise<void> {
    if (syncedAtMs !== undefined) return;
    if (options.mode !== 'nftables') await removeTables(options.exec, signal);
    else await removeRules(options.exec, signal);
    if (options.mode !== 'ipvs' && (await hasServed(options.exec, signal))) await removeServers(options.exec, signal);
  }

  async function loop(feed: ServiceFeed, signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      await bell.promise;
      await clock.sleep(failures === 0 ? togetherMs : backoffMs(failures, retry), signal);
      try {
        await sync(feed, signal);
        failures = 0;
        await forgetFlows(families, log, signal);
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        metrics.failed();
        log.error('Could not sync rules', { failures, err: error });
      }
    }
  }

  function heal(sick: readonly FamilyProxy[]): void {
    log.warn('Found rules gone that somebody else removed', { families: sick.map(({ family }) => `IPv${family}`) });
    for (const family of sick) family.forget();
    synced = Promise.withResolvers();
    ring();
  }

  /** Looks at what tells that all is gone: of some changes nobody tells. */
  async function look(how: Look, signal: AbortSignal): Promise<void> {
    const found = await Promise.all(families.map((family) => family.isDamaged(how, signal).catch(() => false)));
    const sick = families.filter((_family, index) => found[index]);
    if (sick.length > 0) heal(sick);
  }

  async function lookAgain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(latestMs, signal);
      await look('whole', signal);
    }
  }

  /** Whether the kernel's own word comes late or never: too dear to be listened to, or of something that it does not tell. */
  function isUntold(): boolean {
    if (options.mode === 'ipvs') return true; // of servers that went
    return options.mode === 'iptables' && [...informers.services.list()].length > mostTold;
  }

  /** Where nobody tells: looks that are cheap enough to be made each second. */
  async function lookOften(signal: AbortSignal): Promise<void> {
    let tookMs: readonly number[] = [];
    while (!signal.aborted) {
      await clock.sleep(nextLookMs(tookMs), signal);
      if (!isUntold() || isApplying || syncedAtMs === undefined) continue;
      const startMs = clock.now();
      await look('short', signal);
      tookMs = [...tookMs, clock.now() - startMs].slice(-5);
    }
  }

  /** The kernel tells of our own changes, too: a moment later, as it goes through a program. */
  function isOwn(): boolean {
    return isApplying || clock.now() - appliedAtMs < tellMs;
  }

  async function watchDamage(signal: AbortSignal): Promise<void> {
    const watch = options.watch ?? watchRules;
    let failures = 0;
    let isLooking = false;

    /** Before we hear, and among our own changes, somebody else's are not told apart: hence a look when that is over. */
    function lookSoon(): void {
      if (isLooking) return;
      isLooking = true;
      void clock
        .sleep(2 * tellMs, signal)
        .then(() => {
          isLooking = false;
          return look('whole', signal);
        })
        .catch(() => undefined); // the end
    }
    function mayIgnore(): boolean {
      if (!isOwn()) return false;
      lookSoon();
      return true;
    }

    while (!signal.aborted) {
      await settledOrAborted(synced.promise, signal); // a thousand rules of our own would be told one by one
      if (signal.aborted) return;
      if (options.mode === 'iptables' && isUntold()) {
        await clock.sleep(latestMs, signal); // `lookOften` it is: who is told slows our own changes down
        continue;
      }
      lookSoon();
      const loss = await watch(mayIgnore, signal);
      if (loss === 'ours') heal(families);
      else await look('whole', signal);
      failures = loss === 'untold' ? failures + 1 : 0;
      if (failures > 0) await clock.sleep(backoffMs(failures, watchRetry), signal);
    }
  }

  return {
    async run(signal) {
      const { nodes, services, endpointSlices } = informers;
      await settledOrAborted(Promise.all([nodes.synced, services.synced, endpointSlices.synced]), signal);
      if (signal.aborted) return;
      const feed = followServices(informers, (key) => {
        changed.add(key);
        ring();
      });
      const stopNodes = informers.nodes.onChange((now, before) => {
        if (now && before && !matters(now, before)) return;
        areNodesChanged = true;
        ring();
      });
      ring();
      await Promise.all([loop(feed, signal), watchDamage(signal), lookAgain(signal), lookOften(signal)]).catch(
        (error) => {
          if (!signal.aborted) throw error;
        },
      );
      feed.stop();
      stopNodes();
    },
    health: () => ({ syncedAtMs, waitingSinceMs }),
    plansOf: (key) => families.flatMap((family) => family.plansOf(key)),
    onApplied: (listener) => void listeners.push(listener),
    setFarNodes(ips) {
      if (ips.join() === farIps.join()) return;
      farIps = [...ips];
      areNodesChanged = true;
      ring();
    },
    setRanges() {
      areNodesChanged = true;
      ring();
    },
  };
}
const togetherMs = 2;
const tellMs = 200;
const mostTold = 2_000; // Services; with 10,000 a change takes 100 ms instead of 40 while somebody listens
const watchRetry = { firstMs: 500, mostMs: 60_000, jitter: 0.2 };
const retry = { firstMs: 100, mostMs: 10_000, jitter: 0.2 };

/** Only what rules depend on: nodes change often (their status), and mostly in nothing that matters here. */
function matters(now: Node, before: Node): boolean {
  return JSON.stringify(factsOf(now)) !== JSON.stringify(factsOf(before));
}

function factsOf({ metadata, spec, status }: Node): readonly unknown[] {
  return [metadata.labels?.['topology.kubernetes.io/zone'], spec?.podCIDRs, status?.addresses];
}

async function forgetFlows(families: readonly FamilyProxy[], log: Log, signal: AbortSignal): Promise<void> {
  for (const family of families) {
    try {
      const count = await family.forgetFlows(signal);
      if (count > 0) log.info('Forgot flows to former targets', { family: `IPv${family.family}`, count });
    } catch (error) {
      if (!signal.aborted) log.warn('Could not look through flows', { err: error });
    }
  }
}

function familiesOf(cidrs: readonly string[]): readonly Family[] {
  return [...new Set(cidrs.map(familyOf))];
}
