import { availableParallelism } from 'node:os';
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
import type { ProxyMode } from './backend.ts';
import { setConntrack } from './conntrack/timeouts.ts';
import { createDamage, type Watch } from './damage.ts';
import { createFamilyProxy, type FamilyProxy } from './family.ts';
import { removeRules } from './iptables/cleanup.ts';
import { serveLocalhost } from './iptables/localhost.ts';
import { hasServed, removeServers } from './ipvs/cleanup.ts';
import { createProxyMetrics } from './metrics.ts';
import { removeTables } from './nftables/cleanup.ts';
import type { PortPlan } from './plan.ts';

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
  /** Whether node ports answer at 127.0.0.1, too: in iptables mode alone. */
  readonly isLocalhostServed?: boolean | undefined;
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
  readonly watch?: Watch | undefined;
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
  const metrics = createProxyMetrics(options.metrics, options.mode, () =>
    families.flatMap((one) => [...one.allPlans()]),
  );
  const families: readonly FamilyProxy[] = familiesOf(options.clusterCidrs).map((family) =>
    createFamilyProxy({ ...options, family, expectLosses: (losses) => damage.expectLosses(losses) }),
  );
  const listeners: ((keys: ReadonlySet<string>) => void)[] = [];
  let changed = new Set<string>();
  let areNodesChanged = true;
  let farIps: readonly string[] = [];
  let waitingSinceMs: number | undefined = clock.now();
  let syncedAtMs: number | undefined;
  let bell = Promise.withResolvers<void>();
  const damage = createDamage({
    ...options,
    families,
    countServices: () => [...informers.services.list()].length,
    onForgotten: ring,
  });

  function ring(): void {
    waitingSinceMs ??= clock.now();
    metrics.queued(clock.now());
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
    damage.changing();
    let changes = 0;
    try {
      for (const family of families) {
        if (mustReadNodes && family.setNodes([...informers.nodes.list()], farIps))
          for (const key of feed.keys()) keys.add(key);
        changes += await family.sync(keys, feed, signal);
      }
      await removeOther(signal);
      if (syncedAtMs === undefined) await setSwitches(signal); // the kernel has them by now
    } catch (error) {
      for (const key of keys) changed.add(key);
      areNodesChanged ||= mustReadNodes;
      waitingSinceMs = sinceMs;
      bell.resolve();
      damage.changed(false);
      throw error;
    }
    damage.changed(true);
    if (keys.size === 0 && !mustReadNodes && changes > 0) log.warn('Put rules back', { changes });
    syncedAtMs = clock.now();
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

  async function setSwitches(signal: AbortSignal): Promise<void> {
    await setConntrack(availableParallelism(), options.exec, signal);
    const { mode, isLocalhostServed = false } = options;
    if (mode === 'iptables' && isLocalhostServed) await serveLocalhost(true, options.exec, signal);
  }

  async function loop(feed: ServiceFeed, signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      await bell.promise;
      await clock.sleep(failures === 0 ? togetherMs : backoffMs(failures, retry), signal);
      try {
        await sync(feed, signal);
        failures = 0;
        await forgetFlows(signal);
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        metrics.failed();
        log.error('Could not sync rules', { failures, err: error });
      }
    }
  }

  async function forgetFlows(signal: AbortSignal): Promise<void> {
    for (const family of families) {
      const startMs = clock.now();
      try {
        const count = await family.forgetFlows(signal);
        if (count === undefined) continue;
        metrics.lookedThroughFlows(clock.now() - startMs, count);
        if (count > 0) log.info('Forgot flows to former targets', { family: `IPv${family.family}`, count });
      } catch (error) {
        if (!signal.aborted) log.warn('Could not look through flows', { err: error });
      }
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
      const stopCounts = [
        services.onChange(() => metrics.changed('service')),
        endpointSlices.onChange(() => metrics.changed('endpoint')),
      ];
      ring();
      await Promise.all([loop(feed, signal), damage.run(signal)]).catch((error) => {
        if (!signal.aborted) throw error;
      });
      feed.stop();
      stopNodes();
      for (const stop of stopCounts) stop();
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
const retry = { firstMs: 100, mostMs: 10_000, jitter: 0.2 };

/** Only what rules depend on: nodes change often (their status), and mostly in nothing that matters here. */
function matters(now: Node, before: Node): boolean {
  return JSON.stringify(factsOf(now)) !== JSON.stringify(factsOf(before));
}

function factsOf({ metadata, spec, status }: Node): readonly unknown[] {
  return [metadata.labels?.['topology.kubernetes.io/zone'], spec?.podCIDRs, status?.addresses];
}

function familiesOf(cidrs: readonly string[]): readonly Family[] {
  return [...new Set(cidrs.map(familyOf))];
}
