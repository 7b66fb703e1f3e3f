// Many agents that run nothing, in one process: nodes that are registered, keep their leases and call their pods running.
// Each has its own watch for its own pods, as real ones have; connections are shared.
import { keyOf } from '#lib/api/resource.ts';
import { nodes, pods } from '#lib/api/resources.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { createInformer } from '#lib/client/informer.ts';
import type { Clock } from '#lib/clock.ts';
import { createController } from '#lib/controller.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';
import { keepLease } from '../node/lease.ts';
import { kubeletVersion } from '../version.ts';
import { type HollowSize, hollowNode, hollowNodeStatus } from './node.ts';
import { planHollowPod } from './plan.ts';

export interface FleetOptions {
  /** The client for the node number `index`. */
  clientFor(index: number): Client;
  /** The first node's number, and how many there are. */
  readonly first?: number;
  readonly count: number;
  /** Of the names: `hollow-0`, `hollow-1`, ... */
  readonly prefix: string;
  readonly zones: number;
  readonly size: HollowSize;
  readonly clock: Clock;
  readonly log: Log;
  /** Called once, when all are registered. */
  onReady?(): void;
}

/** Plays `count` nodes until `signal` is aborted. */
export async function runFleet(options: FleetOptions, signal: AbortSignal): Promise<void> {
  const { clientFor, first = 0, count, prefix, clock, log } = options;
  const tended = new Map<string, { readonly pod: Pod; readonly index: number }>();
  const queue = createController({
    name: 'hollow',
    workers: 64,
    clock,
    log,
    async reconcile(key, signal) {
      const one = tended.get(key);
      return one === undefined ? undefined : await tend(one.pod, one.index, options, signal);
    },
  });
  const working = queue.run(signal);
  const playing: Promise<void>[] = [];
  let next = first;
  const start = async () => {
    while (next < first + count && !signal.aborted) {
      const index = next++;
      const name = `${prefix}-${index}`;
      const node = await register(name, index, options, signal);
      playing.push(play(name, node, index, AbortSignal.any([signal])));
    }
  };
  await Promise.all(Array.from({ length: 32 }, start));
  options.onReady?.();
  await Promise.all([working, ...playing]);

  /** `signal` is the node's own: a signal that thousands listen to is slow to listen to. */
  async function play(name: string, node: Node, index: number, signal: AbortSignal): Promise<void> {
    const client = clientFor(index);
    const own = createInformer({ client, resource: pods, fieldSelector: `spec.nodeName=${name}`, clock, log });
    own.onChange((pod, _before, key) => {
      if (pod === undefined) tended.delete(key);
      else tended.set(key, { pod, index });
      queue.add(key);
    });
    const beat = async () => {
      await clock.sleep((index % spread) * (10_000 / spread), signal);
      await keepLease(() => node, { client, clock, log }, name, signal);
    };
    const ended = () => {};
    await Promise.all([own.run(signal), beat().catch(ended), report(name, client, options, signal).catch(ended)]);
  }
}
const spread = 1_000; // leases are renewed all over their ten seconds

async function register(name: string, index: number, options: FleetOptions, signal: AbortSignal): Promise<Node> {
  const client = options.clientFor(index);
  for (;;) {
    try {
      const about = { ...options, version: kubeletVersion, nowMs: options.clock.now() };
      return await client.create(nodes, hollowNode(name, index, about), signal).catch(async (error) => {
        if (!hasReason(error, 'AlreadyExists')) throw error;
        return await tell(name, client, options, signal); // it may have been given up meanwhile
      });
    } catch (error) {
      if (signal.aborted || !hasReason(error, ...passing)) throw error;
      await options.clock.sleep(500, signal);
    }
  }
}

const passing = ['ServiceUnavailable', 'TooManyRequests', 'Timeout', 'ServerTimeout', 'NotFound', 'Conflict'] as const;

async function tell(name: string, client: Client, options: FleetOptions, signal: AbortSignal): Promise<Node> {
  const body = { status: hollowNodeStatus(options, options.clock.now()) };
  return await client.patch(nodes, { name }, { type: 'strategic', body }, signal, { subresource: 'status' });
}

/** Tells the node's status every five minutes, as an agent does on whose node nothing happens. */
async function report(name: string, client: Client, options: FleetOptions, signal: AbortSignal): Promise<void> {
  const { clock } = options;
  for (;;) {
    await clock.sleep(300_000, signal);
    await tell(name, client, options, signal).catch((error) =>
      options.log.debug('Could not report the node', { node: name, err: error }),
    );
  }
}

/** Brings a pod one step on. Returns when to look again. */
async function tend(pod: Pod, index: number, { clientFor, clock }: FleetOptions, signal: AbortSignal) {
  const client = clientFor(index);
  const at = { namespace: pod.metadata.namespace, name: pod.metadata.name };
  const { uid } = pod.metadata;
  const step = planHollowPod(pod, { nowMs: clock.now(), hostIp: '192.0.2.1', podIp: addressOf(pod) });
  try {
    if (step?.do === 'wait') return step.ms;
    if (step?.do === 'remove') {
      await client.delete(pods, at, signal, { gracePeriodSeconds: 0, preconditions: { uid } });
    } else if (step?.do === 'report') {
      const body = { metadata: { uid }, status: step.status };
      await client.patch(pods, at, { type: 'strategic', body }, signal, { subresource: 'status' });
    }
  } catch (error) {
    if (!hasReason(error, 'NotFound', 'Conflict')) throw error; // it is gone, or another one stands in its place
  }
  return undefined;
}

/** Of 198.18.0.0/15, which is set aside for benchmarks: nothing listens there. */
function addressOf(pod: Pod): string {
  let hash = 0;
  for (const letter of keyOf(pod)) hash = (hash * 31 + letter.charCodeAt(0)) % 131_072;
  return `198.${18 + (hash >> 16)}.${(hash >> 8) & 255}.${hash & 255}`;
}
