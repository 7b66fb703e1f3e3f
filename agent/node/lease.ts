import { leases } from '#lib/api/resources.ts';
import type { Lease } from '#lib/api/types/coordination.v1.ts';
import type { Node } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import type { Log } from '#lib/log.ts';

const namespace = 'kube-node-lease';

/** Says four times in the life of its lease that the node lives, until `signal` is aborted. Rule: "Nodes", "Node heartbeats". */
export async function keepLease(
  node: () => Node | undefined,
  {
    client,
    clock,
    log,
    leaseSeconds = 40,
  }: { readonly client: Client; readonly clock: Clock; readonly log: Log; readonly leaseSeconds?: number | undefined },
  name: string,
  signal: AbortSignal,
): Promise<void> {
  let known: Lease | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      known = await renew(known);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      known = undefined;
      failures++;
      log.debug('Could not renew the lease', { node: name, err: error });
    }
    const pauseMs = failures === 0 ? leaseSeconds * 250 : Math.min(200 * 2 ** (failures - 1), 7_000);
    await clock.sleep(pauseMs, signal).catch(() => {});
  }

  async function renew(before: Lease | undefined): Promise<Lease> {
    const current = before ?? (await find());
    const renewTime = `${new Date(clock.now()).toISOString().slice(0, -1)}000Z`;
    const spec = { ...current?.spec, holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime };
    const owner = node();
    const uid = owner?.metadata.uid;
    const ownerReferences = uid === undefined ? [] : [{ apiVersion: 'v1', kind: 'Node', name, uid }];
    if (current === undefined) {
      return await client.create(leases, { metadata: { name, namespace, ownerReferences }, spec }, signal);
    }
    const metadata = { ...current.metadata, ...(ownerReferences.length === 0 ? {} : { ownerReferences }) };
    return await client.update(leases, { ...current, metadata, spec }, signal);
  }

  async function find(): Promise<Lease | undefined> {
    try {
      return await client.get(leases, { namespace, name }, signal);
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}
