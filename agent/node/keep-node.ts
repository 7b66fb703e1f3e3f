// Keeps the node's object: makes it, tells its status at once when it changes and now and then when it does not.
import type { Cri, RuntimeStatus } from '#cri/runtime.ts';
import { nodes } from '#lib/api/resources.ts';
import type { Node, NodeStatus, Taint } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import type { Machine } from './machine.ts';
import { isNews, type NodeFacts, nodeLabels, nodeStatusOf, withdrawn } from './node-status.ts';
import type { ReserveRule } from './reserve.ts';

export interface KeepNodeOptions {
  readonly client: Client;
  readonly cri: Cri;
  readonly name: string;
  readonly ips: readonly string[];
  readonly port: number;
  readonly machine: Machine;
  readonly maxPods: number;
  readonly kubeletVersion: string;
  /** What it has from the beginning. */
  readonly taints?: readonly Taint[] | undefined;
  /** What people want it to have beside those of every node. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Its name at whoever rents it out. */
  readonly providerId?: string | undefined;
  readonly reserve?: ReserveRule | undefined;
  readonly mostImages?: number | undefined;
  /** Whether its object is made if there is none; it is unless told. */
  readonly mayRegister?: boolean | undefined;
  /** How often its status is looked at: 5 s unless told. */
  readonly lookMs?: number | undefined;
  /** How often a status that stays the same is told: 5 min unless told. */
  readonly repeatMs?: number | undefined;
  isShuttingDown(): boolean;
  network(): { readonly isReady: boolean; readonly message: string };
  /** The node as the informer has it. */
  current(): Node | undefined;
  /** Tells users what happens, in an Event about the node. */
  record(reason: string, message: string, type?: 'Normal' | 'Warning'): void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface NodeKeeper {
  /** Something that the status is made of has changed. */
  wake(): void;
  run(signal: AbortSignal): Promise<void>;
}

export function createNodeKeeper(options: KeepNodeOptions): NodeKeeper {
  const { client, cri, name, clock, log, mayRegister = true, lookMs = 5_000, repeatMs = 300_000 } = options;
  let bell = Promise.withResolvers<void>();
  let told: NodeStatus | undefined;
  let toldAtMs = 0;
  let images: NodeFacts['images'] = [];
  let imagesAtMs = 0;
  let runtime: RuntimeStatus | undefined;
  let runtimeAtMs = 0;

  async function register(signal: AbortSignal): Promise<void> {
    const labels = { ...options.labels, ...nodeLabels(options) };
    const annotations = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' };
    const status = await observe(signal);
    try {
      await client.create(
        nodes,
        {
          metadata: { name, labels, annotations },
          spec: {
            ...(options.taints === undefined ? {} : { taints: options.taints }),
            ...(options.providerId === undefined ? {} : { providerID: options.providerId }),
          },
          status,
        },
        signal,
      );
      log.info('Registered node', { node: name });
      for (const reason of fine) options.record(reason, `Node ${name} status is now: ${reason}`);
    } catch (error) {
      if (!hasReason(error, 'AlreadyExists')) throw error;
      const known = await client.get(nodes, { name }, signal);
      const lacks = Object.entries(labels).some(([key, value]) => known.metadata.labels?.[key] !== value);
      const body = { metadata: { labels, annotations } };
      if (lacks) await client.patch(nodes, { name }, { type: 'strategic', body }, signal);
      told = known.status;
      const [before, now] = [known.status.nodeInfo?.bootID ?? '', options.machine.info.bootID];
      if (before !== '' && before !== now) {
        options.record('Rebooted', `Node ${name} has been rebooted, boot id: ${now}`, 'Warning');
      }
    }
  }

  async function observe(signal: AbortSignal): Promise<NodeStatus> {
    const [found, version] = await Promise.all([
      cri.runtime.status(signal).catch(() => undefined),
      cri.runtime.version(signal).catch(() => undefined),
    ]);
    signal.throwIfAborted();
    // One call that fails does not make a node unready, and all of its pods with it. Rule: kubelet's runtimeState.
    if (found !== undefined || clock.now() - runtimeAtMs > runtimeGraceMs) runtime = found;
    if (found !== undefined) runtimeAtMs = clock.now();
    if (clock.now() - imagesAtMs > imagesMs) {
      const listed = await cri.images.list(signal).catch(() => []);
      images = listed.map(({ repoDigests, repoTags, sizeBytes }) => ({
        names: [...repoDigests, ...repoTags],
        sizeBytes,
      }));
      imagesAtMs = clock.now();
    }
    return nodeStatusOf({
      ...options,
      runtimeVersion:
        version === undefined
          ? (told?.nodeInfo?.containerRuntimeVersion ?? '')
          : `${version.name}://${version.version}`,
      runtime: runtime?.conditions,
      runtimeFeatures: featuresOf(runtime),
      network: options.network(),
      isShuttingDown: options.isShuttingDown(),
      images,
      before: options.current()?.status ?? told,
      nowMs: clock.now(),
    });
  }

  async function report(signal: AbortSignal): Promise<void> {
    const status = await observe(signal);
    const known = options.current()?.status ?? told; // others write into it, too
    if (!isNews(known, status) && clock.now() - toldAtMs < repeatMs) return;
    try {
      const gone = Object.fromEntries(withdrawn(known, status).map((resource) => [resource, null]));
      // Addresses are merged by their type, of which a node with both families has two: the list is replaced as a whole.
      const addresses = [...(status.addresses ?? []), { $patch: 'replace' }];
      const body = { status: { ...status, addresses, allocatable: { ...status.allocatable, ...gone } } };
      const node = await client.patch(nodes, { name }, { type: 'strategic', body }, signal, { subresource: 'status' });
      if (wasReady(told) !== wasReady(status)) {
        const reason = wasReady(status) ? 'NodeReady' : 'NodeNotReady';
        options.record(reason, `Node ${name} status is now: ${reason}`);
        log.info('Reported node', { node: name, isReady: wasReady(status) });
      }
      told = node.status;
      toldAtMs = clock.now();
    } catch (error) {
      if (!hasReason(error, 'NotFound') || !mayRegister) throw error;
      await register(signal); // somebody deleted the node while it lives
    }
  }

  return {
    wake: () => bell.resolve(),
    async run(signal) {
      const stop = () => bell.resolve();
      signal.addEventListener('abort', stop, { once: true });
      options.record('Starting', 'Starting kubelet.');
      let failures = 0;
      let isRegistered = false;
      while (!signal.aborted) {
        bell = Promise.withResolvers<void>();
        try {
          if (!isRegistered && mayRegister) await register(signal);
          isRegistered = true;
          await report(signal);
          failures = 0;
        } catch (error) {
          if (signal.aborted) return;
          failures++;
          if (failures === 1 || failures % 10 === 0) log.warn('Could not report the node', { node: name, err: error });
        }
        const pauseMs = failures > 0 ? Math.min(100 * 2 ** (failures - 1), 5_000) : wasReady(told) ? lookMs : eagerMs;
        const pause = new AbortController();
        const wait = clock.sleep(pauseMs, AbortSignal.any([signal, pause.signal])).catch(() => {});
        await Promise.race([wait, bell.promise]);
        pause.abort();
      }
    },
  };
}
const fine = ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID'] as const;
const eagerMs = 150; // while the node is not ready
const imagesMs = 60_000;
const runtimeGraceMs = 30_000;

function wasReady(status: NodeStatus | undefined): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
}

/** What the runtime can do, in the words of the API. */
function featuresOf(runtime: RuntimeStatus | undefined): Pick<NodeStatus, 'features' | 'runtimeHandlers'> {
  if (runtime === undefined) return {};
  const { handlers, supplementalGroupsPolicy } = runtime;
  return {
    features: { supplementalGroupsPolicy },
    ...(handlers.length === 0
      ? {}
      : { runtimeHandlers: handlers.map(({ name, ...features }) => ({ name, features })) }),
  };
}
