import { pods } from '#lib/api/resources.ts';
import { timestamp } from '#lib/api/timestamp.ts';
import type { Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import { hasReason } from '#lib/errors.ts';

export interface Why {
  /** What the condition DisruptionTarget is to say; absent: nothing, as it is no disruption. */
  readonly says?: { readonly reason: string; readonly message: string };
  /** Fails the pod at once, for one whose node cannot report any more. */
  readonly isOver?: boolean;
}

/** Deletes `pod`, its condition DisruptionTarget saying why if there is something to say. Nothing happens if it is gone or another one by now. */
export async function evictByDeletion(
  client: Client,
  { metadata, status }: Pod,
  { says, isOver = false }: Why,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name, uid } = metadata;
  const hasEnded = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  const condition = { type: 'DisruptionTarget', status: 'True', ...says, lastTransitionTime: timestamp(nowMs) };
  const conditions = says === undefined ? {} : { conditions: [condition] };
  const body = { metadata: { uid }, status: { ...conditions, ...(isOver ? { phase: 'Failed' } : {}) } };
  try {
    if (!hasEnded) {
      await client.patch(pods, { namespace, name }, { type: 'strategic', body }, signal, { subresource: 'status' });
    }
    const grace = isOver ? { gracePeriodSeconds: 0 } : {};
    await client.delete(pods, { namespace, name }, signal, { preconditions: { uid }, ...grace });
  } catch (error) {
    if (!hasReason(error, 'NotFound', 'Conflict')) throw error;
  }
}
