import { isSame } from '#lib/api/kinds/equal.ts';
import { leases as leaseResource, nodes as nodeResource, pods as podResource } from '#lib/api/resources.ts';
import type { Node, Pod, Taint } from '#lib/api/types/core.v1.ts';
import { referenceTo } from '#lib/client/events.ts';
import { hasReason } from '#lib/errors.ts';
import { indexes } from '../informers.ts';
import { conditionOf, timeOf } from '../shared/conditions.ts';
import { type ControllerContext, createQueue, runWhenSynced } from '../shared/context.ts';
import { podCondition } from '../shared/pods.ts';
import { readiness, silenced, taintsFor } from './health.ts';
import { createNodeMetrics } from './metrics.ts';

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
  const queue = createQueue('node-lifecycle-controller', context, reconcile);

  nodes.onChange((now, before, key) => {
    if (now === undefined) {
      heardMs.delete(key);
      tell(before!, 'Normal', 'RemovingNode', `Node ${key} event: Removing Node ${key} from Controller`);
      return;
    }
    if (before === undefined) {
      tell(now, 'Normal', 'RegisteredNode', `Node ${key} event: Registered Node ${key} in Controller`);
    }
    if (before === undefined || heartbeatsOf(now) !== heartbeatsOf(before)) heardMs.set(key, clock.now());
    queue.add(key);
    // A node more or less may change what is thought of all others.
    if (before !== undefined && readiness(now) !== readiness(before))
      for (const other of nodes.list()) queue.add(other.metadata.name);
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
    await writeTaints(latest, signal);
    if (readiness(latest) !== 'True') await markPods(latest, signal);
    if (silentMs < graceMs) look(name, graceMs - silentMs);
    metrics.looked((clock.now() - fromMs) / 1000);
    return undefined;
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

  async function writeTaints(node: Node, signal: AbortSignal): Promise<void> {
    // All silent at once: rather the network is broken than every node. Nobody is driven away then.
    const mayEvict = hasReady(nodes.list());
    const taints = taintsFor(node, mayEvict, clock.now());
    if (isSame(taints, node.spec?.taints)) return;
    const { name, resourceVersion } = node.metadata;
    const body = { metadata: { resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } };
    await client.patch(nodeResource, { name }, { type: 'merge', body }, signal);
    const isDriven = (all: readonly Taint[] | undefined) => (all ?? []).some(({ effect }) => effect === 'NoExecute');
    if (isDriven(taints) && !isDriven(node.spec?.taints)) metrics.evicted(node);
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
    const condition = { type: 'Ready', status: 'False', lastTransitionTime: timeOf(clock.now()) };
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

function hasReady(nodes: Iterable<Node>): boolean {
  for (const node of nodes) if (readiness(node) === 'True') return true;
  return false;
}

function heartbeatsOf({ status }: Node): string {
  return (status?.conditions ?? [])
    .map(({ type, status, lastHeartbeatTime }) => `${type}${status}${lastHeartbeatTime}`)
    .join();
}
