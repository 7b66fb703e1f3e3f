import { nodes, pods } from '#lib/api/resources.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import { listDaemonSets } from './daemon-sets.ts';
import { type DrainRules, nameOf, planDrain } from './plan.ts';

export interface DrainOptions extends DrainRules {
  readonly client: Client;
  readonly nodeName: string;
  /** Instead of each pod's own. */
  readonly graceSeconds?: number;
  /** Tells what happens. */
  say(line: string): void;
  readonly clock: Clock;
}

/**
 * Takes no more pods onto a node, evicts those it has, and waits until they are gone. What a PodDisruptionBudget forbids at
 * the moment is tried again until `signal` is aborted.
 * @throws {Error} that names the pods which may not go by these rules: none has been evicted then
 */
export async function drainNode(options: DrainOptions, signal: AbortSignal): Promise<void> {
  const { client, nodeName, say } = options;
  await client.patch(nodes, { name: nodeName }, { type: 'merge', body: { spec: { unschedulable: true } } }, signal);
  say(`Cordoned ${nodeName}`);
  const scope = { fieldSelector: `spec.nodeName=${nodeName}` };
  const { items } = await client.list(pods, scope, signal);
  const plan = planDrain(items, await listDaemonSets(client, signal), options);
  if (plan.refused.length > 0) {
    throw new Error(`${nodeName} takes no more pods, but these may not go:\n  ${plan.refused.join('\n  ')}`);
  }
  for (const line of plan.left) say(`Left ${line}`);
  await Promise.all(plan.evict.map((pod) => evictPod(pod, options, signal)));
}

async function evictPod(
  pod: Pod,
  { client, graceSeconds, say, clock }: DrainOptions,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  const grace = graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds };
  const deleteOptions = { ...grace, preconditions: { uid: uid ?? '' } };
  let hasWaited = false;
  for (;;) {
    try {
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name }, deleteOptions };
      await client.raw('POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, signal, eviction);
      break;
    } catch (error) {
      if (hasReason(error, 'NotFound', 'Conflict')) return; // it has gone, and perhaps another one by its name has come
      if (!hasReason(error, 'TooManyRequests')) throw error;
      if (!hasWaited) say(`Waiting to evict ${nameOf(pod)}: ${error.message}`);
      hasWaited = true;
      await clock.sleep(againMs, signal);
    }
  }
  while (await isThere(pod, client, signal)) await clock.sleep(lookMs, signal);
  say(`Evicted ${nameOf(pod)}`);
}
const againMs = 2_000;
const lookMs = 500;

async function isThere({ metadata }: Pod, client: Client, signal: AbortSignal): Promise<boolean> {
  const { namespace, name, uid } = metadata;
  try {
    return (await client.get(pods, { namespace, name }, signal)).metadata.uid === uid;
  } catch (error) {
    if (hasReason(error, 'NotFound')) return false;
    throw error;
  }
}
