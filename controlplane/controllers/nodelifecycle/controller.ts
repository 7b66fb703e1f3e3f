import { isSame } from '#lib/api/kinds/equal.ts';
import { leases as leaseResource, nodes as nodeResource, pods as podResource } from '#lib/api/resources.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import type { Node, Pod } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { indexes } from '../informers.ts';
import { conditionOf } from '../shared/conditions.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { podCondition } from '../shared/pods.ts';
import { isDriving, readiness, silenced, taintsFor } from './health.ts';
import { createNodeMetrics } from './metrics.ts';
import { createTurns, pauseMs, zoneFacts, zoneOf } from './zones.ts';

/**
 * Notices nodes that have fallen silent, and writes on each node by taints what it is not fit for.
 * A node is heard when its lease or the heartbeats of its status change, by the clock here: theirs may be wrong.
 */
export async function runNodeLifecycle(
  { graceMs }: { readonly graceMs: number },
  context: ControllerContext,
  signal: AbortSignal,
): Promise<void> {
  const { client, informers, events, clock, log } = context;
  const metrics = createNodeMetrics(context.metrics, () => nodes.list());
  const nodes = informers.get(nodeResource);
  const leases = informers.get(leaseResource);
  const pods = informers.get(podResource);
  const heardMs = new Map<string, number>(); // bounded by the nodes
  const waiting = new Set<string>(); // nodes with a look at their silence to come
  const turns = createTurns();
  const queue = createQueue('node-lifecycle-controller', context, reconcile);

  nodes.onChange((now, before, key) => {
    if (now === undefined) {
      heardMs.delete(key);
      tell(before!, 'Normal', 'RemovingNode', `Node ${key} event: Removing Node ${key} from Controller`);
      addSilent();
      return;
    }
    if (before === undefined) {
      tell(now, 'Normal', 'RegisteredNode', `Node ${key} event: Registered Node ${key} in Controller`);
    }
    if (before === undefined || heartbeatsOf(now) !== heartbeatsOf(before)) heardMs.set(key, clock.now());
    queue.add(key);
    if (before !== undefined && readiness(now) !== readiness(before)) addSilent();
  });
  leases.onChange((now, before) => {
    if (now?.metadata.namespace !== 'kube-node-lease' || now.spec?.renewTime === before?.spec?.renewTime) return;
    const { name } = now.metadata;
    if (before !== undefined || !heardMs.has(name)) heardMs.set(name, clock.now());
    if (!waiting.has(name)) queue.add(name);
  });
  await runWhenSynced(queue, [nodes, leases, pods], signal);

  async function reconcile(name: string, signal: AbortSignal): Promise<number | undefined> {
    const node = nodes.get(name);
    if (node === undefined) return undefined;
    const fromMs = clock.now();
    const silentMs = fromMs - (heardMs.get(name) ?? clock.now());
    const latest = silentMs >= graceMs ? await silence(node, signal) : node;
    const againMs = await writeTaints(latest, signal);
    if (readiness(latest) !== 'True') await markPods(latest, signal);
    if (silentMs < graceMs) look(name, graceMs - silentMs);
    metrics.looked((clock.now() - fromMs) / 1000);
    return againMs;
  }

  /** A node more or less may change what is thought of others that are not ready. */
  function addSilent(): void {
    for (const node of nodes.list()) if (readiness(node) !== 'True') queue.add(node.metadata.name);
  }

  /** Whether pods may be driven from `node` now, or in how many milliseconds to ask again. */
  function mayDrive(node: Node): { readonly mayEvict: boolean; readonly againMs?: number } {
    if (readiness(node) === 'True') return { mayEvict: true }; // it has nothing that drives any
    const all = [...nodes.list()].map((one) => (one.metadata.name === node.metadata.name ? node : one));
    const facts = zoneFacts(node, all);
    if (facts.disruption === 'all') return { mayEvict: false };
    if (isDriving(node)) return { mayEvict: true };
    const pause = pauseMs(facts);
    if (pause === undefined) return { mayEvict: false };
    const againMs = turns.take(zoneOf(node), pause, clock.now());
    return againMs === 0 ? { mayEvict: true } : { mayEvict: false, againMs };
  }

  /** One timer a node, however often it is heard. */
  function look(name: string, ms: number): void {
    if (waiting.has(name)) return;
    waiting.add(name);
    clock.sleep(ms, signal).then(
      () => {
        waiting.delete(name);
        queue.add(name);
      },
      () => {},
    );
  }

  async function silence(node: Node, signal: AbortSignal): Promise<Node> {
    const conditions = silenced(node, clock.now());
    if (isSame(conditions, node.status?.conditions)) return node;
    log.warn('Lost a node', { node: node.metadata.name });
    const status = { ...node.status, conditions };
    const latest = await client.update(nodeResource, { ...node, status }, signal, { subresource: 'status' });
    return latest;
  }

  async function writeTaints(node: Node, signal: AbortSignal): Promise<number | undefined> {
    const { mayEvict, againMs } = mayDrive(node);
    const taints = taintsFor(node, mayEvict, clock.now());
    if (isSame(taints, node.spec?.taints)) return againMs;
    const { name, resourceVersion } = node.metadata;
    const body = { metadata: { resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } };
    await client.patch(nodeResource, { name }, { type: 'merge', body }, signal);
    if (!isDriving(node) && isDriving({ ...node, spec: { taints } })) metrics.evicted(node);
    return againMs;
  }

  /** Pods of a node that is not ready are not ready either, whatever they said last. */
  async function markPods(node: Node, signal: AbortSignal): Promise<void> {
    const { name } = node.metadata;
    const since = conditionOf(node.status?.conditions, 'Ready')?.lastTransitionTime;
    const ready = pods.byIndex(indexes.node, name).filter((pod) => podCondition(pod, 'Ready')?.status === 'True');
    if (ready.length === 0) return;
    log.info('Marked pods as not ready', { node: name, since, pods: ready.length });
    for (const pod of ready) {
      const about = referenceTo(podResource, pod);
      events.record(about, 'Warning', 'NodeNotReady', 'Node is not ready');
      await markPod(pod, signal);
    }
    tell(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
  }

  async function markPod({ metadata }: Pod, signal: AbortSignal): Promise<void> {
    const { namespace, name, uid } = metadata;
    const condition = { type: 'Ready', status: 'False', lastTransitionTime: timestamp(clock.now()) };
    const body = { metadata: { uid }, status: { conditions: [condition] } };
    await client
      .patch(podResource, { namespace, name }, { type: 'strategic', body }, signal, { subresource: 'status' })
      .catch((error) => {
        if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
      });
  }

  /** Events about nodes carry their name as uid: `kubectl describe node` finds them by it. */
  function tell(node: Node, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { name } = node.metadata;
    events.record({ kind: 'Node', name, uid: name, apiVersion: 'v1' }, type, reason, message);
  }
}

function heartbeatsOf({ status }: Node): string {
  return (status?.conditions ?? [])
    .map(({ type, status, lastHeartbeatTime }) => `${type}${status}${lastHeartbeatTime}`)
    .join();
}
