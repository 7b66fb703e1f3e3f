import { pods } from '#lib/api/resources.ts';
import type { Pod, PodCondition } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { type EventRecorder, referenceTo } from '#lib/client/events.ts';
import type { Clock } from '#lib/clock.ts';
import { hasReason } from '#lib/errors.ts';
import type { Preemption } from './preempt.ts';

export interface Refusing {
  readonly message: string;
  /** It waits on no node any more. */
  readonly isForsaken: boolean;
}

/** Says in the pod's PodScheduled condition why it has no node. Nothing is written where that is said already. */
export async function refusePod(
  client: Client,
  pod: Pod,
  { message, isForsaken }: Refusing,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const before = pod.status.conditions?.find((condition) => condition.type === 'PodScheduled');
  const isSaid = before?.status === 'False' && before.message === message;
  if (isSaid && !isForsaken) return;
  const condition: PodCondition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message,
    lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : new Date(clock.now()).toISOString(),
  };
  const status = { conditions: [condition], ...(isForsaken ? { nominatedNodeName: null } : {}) };
  await patchStatus(client, pod, status, signal);
}

/** Evicts the victims gracefully and notes the node that the pod waits for; less important ones wait there no more. */
export async function nominate(
  { client, events, clock, name }: NominateOptions,
  pod: Pod,
  { node, victims }: Preemption,
  others: readonly Pod[],
  signal: AbortSignal,
): Promise<void> {
  await patchStatus(client, pod, { nominatedNodeName: node }, signal);
  for (const other of others) await patchStatus(client, other, { nominatedNodeName: null }, signal);
  for (const victim of victims) {
    const message = `${name}: preempting to accommodate a higher priority pod`;
    const condition: PodCondition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message,
      lastTransitionTime: new Date(clock.now()).toISOString(),
    };
    await patchStatus(client, victim, { conditions: [condition] }, signal);
    await unlessGone(() =>
      client.delete(pods, victim.metadata, signal, { preconditions: { uid: victim.metadata.uid } }),
    );
    const text = `Preempted by pod ${pod.metadata.uid} on node ${node}`;
    events.record(referenceTo(pods, victim), 'Normal', 'Preempted', text);
  }
}

export interface NominateOptions {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly clock: Clock;
  /** The scheduler that the pod named. */
  readonly name: string;
}

async function patchStatus(client: Client, pod: Pod, status: object, signal: AbortSignal): Promise<void> {
  const body = { metadata: { uid: pod.metadata.uid }, status };
  await unlessGone(() =>
    client.patch(pods, pod.metadata, { type: 'strategic', body }, signal, { subresource: 'status' }),
  );
}

async function unlessGone(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
  }
}
