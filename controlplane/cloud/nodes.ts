import { nodes as nodeResource } from '#lib/api/resources.ts';
import type { Node, NodeAddress } from '#lib/api/types/core.v1.ts';
import { hasReason } from '#lib/errors.ts';
import type { ControllerContext } from '../controllers/shared/context.ts';
import { isReady, planInitialization, planLife, shutdownTaint, uninitialized } from './plan-node.ts';
import type { Instances } from './provider.ts';

/** Looks again and again whether the machines of nodes are there, and writes on new nodes what the cloud knows of them. */
export async function runCloudNodes(
  instances: Instances,
  { client, informers, events, clock, log }: ControllerContext,
  signal: AbortSignal,
  everyMs = 5_000,
): Promise<void> {
  const nodes = informers.get(nodeResource);
  await nodes.synced;
  while (!signal.aborted) {
    for (const node of [...nodes.list()]) {
      await look(node).catch((error) => {
        if (!signal.aborted && !hasReason(error, 'Conflict', 'NotFound'))
          log.warn('Could not look after a node', { node: node.metadata.name, err: error });
      });
    }
    await clock.sleep(everyMs, signal).catch(() => {});
  }

  async function look(node: Node): Promise<void> {
    const isNew = !node.spec.providerID || node.spec.taints?.some(({ key }) => key === uninitialized);
    if (isReady(node) || isNew) await initialize(node).catch(unlessGone);
    await judge(node);
  }

  /** A machine that is gone is judged next. */
  function unlessGone(error: unknown): void {
    if (!hasReason(error, 'NotFound')) throw error;
  }

  async function initialize(node: Node): Promise<void> {
    const machine = await instances.describe(node, signal);
    if (machine === undefined) return;
    const { node: body, addresses } = planInitialization(node, machine);
    const { name } = node.metadata;
    if (body !== undefined) await client.patch(nodeResource, { name }, { type: 'merge', body }, signal);
    if (addresses !== undefined) await writeAddresses(name, addresses);
  }

  async function writeAddresses(name: string, addresses: readonly NodeAddress[]): Promise<void> {
    const body = { status: { addresses } };
    await client.patch(nodeResource, { name }, { type: 'merge', body }, signal, { subresource: 'status' });
  }

  async function judge(node: Node): Promise<void> {
    if (isReady(node) && !node.spec.taints?.some(({ key }) => key === shutdownTaint.key)) return;
    const exists = await instances.exists(node, signal);
    const isShutdown = exists && (await instances.isShutdown(node, signal));
    const { name, uid, resourceVersion } = node.metadata;
    const others = (node.spec.taints ?? []).filter(({ key }) => key !== shutdownTaint.key);
    const taint = async (taints: readonly object[]) => {
      const body = { metadata: { resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } };
      await client.patch(nodeResource, { name }, { type: 'merge', body }, signal);
    };
    switch (planLife(node, { exists, isShutdown })) {
      case 'remove': {
        const message = `Deleting node ${name} because it does not exist in the cloud provider`;
        events.record({ kind: 'Node', name, uid: name, apiVersion: 'v1' }, 'Normal', 'DeletingNode', message);
        log.info('Removed a node whose machine is gone', { node: name });
        await client.delete(nodeResource, { name }, signal, { preconditions: { uid } });
        break;
      }
      case 'taint':
        await taint([...others, { ...shutdownTaint, timeAdded: new Date(clock.now()).toISOString() }]);
        break;
      case 'untaint':
        await taint(others);
        break;
    }
  }
}
