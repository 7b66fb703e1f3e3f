import { persistentVolumeClaims } from '#lib/api/resources.ts';
import type { StatefulSet } from '#lib/api/types/apps.v1.ts';
import type { PersistentVolumeClaim, Pod } from '#lib/api/types/core.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Reader } from '#lib/client/informer.ts';
import { hasReason } from '#lib/errors.ts';
import { claimDraft, claimName, ordinalOf, podName } from './identity.ts';
import { isStale, planOwners } from './retention.ts';

export interface ClaimsOptions {
  readonly client: Client;
  readonly claims: Reader<PersistentVolumeClaim>;
  tell(set: StatefulSet, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** Makes the claims of StatefulSets' pods, and says who they go with. */
export function createClaims({ client, claims, tell }: ClaimsOptions) {
  function named(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number) {
    return claims.get(`${set.metadata.namespace}/${claimName(set, template, ordinal)}`);
  }

  return {
    /** @throws {Error} if a claim of that name is on its way out */
    async make(set: StatefulSet, ordinal: number, signal: AbortSignal): Promise<void> {
      const of = `in StatefulSet ${set.metadata.name}`;
      for (const template of set.spec.volumeClaimTemplates ?? []) {
        const name = claimName(set, template, ordinal);
        const known = named(set, template, ordinal);
        if (known?.metadata.deletionTimestamp !== undefined) throw new Error(`pvc ${name} is being deleted`);
        if (known !== undefined) continue;
        try {
          await client.create(persistentVolumeClaims, claimDraft(set, template, ordinal), signal);
        } catch (error) {
          if (hasReason(error, 'AlreadyExists')) continue; // not seen yet
          const why = (error as Error).message;
          const text = `create Claim ${name} for Pod ${podName(set, ordinal)} ${of} failed error: ${why}`;
          tell(set, 'Warning', 'FailedCreate', text);
          throw error;
        }
        const message = `create Claim ${name} Pod ${podName(set, ordinal)} ${of} success`;
        tell(set, 'Normal', 'SuccessfulCreate', message);
      }
    },

    /** Gives each claim of `pod` the owners that the set's policy asks for. */
    async keep(set: StatefulSet, pod: Pod, signal: AbortSignal): Promise<void> {
      const ordinal = ordinalOf(pod, set);
      if (ordinal === undefined) return;
      for (const template of set.spec.volumeClaimTemplates ?? []) {
        const claim = named(set, template, ordinal);
        const plan = claim && planOwners(set, pod, claim);
        if (claim === undefined || plan === undefined) continue;
        if (plan.isContested) {
          const { name } = claim.metadata;
          const message = `PersistentVolumeClaim ${name} has a conflicting OwnerReference that acts as a managing controller, the retention policy is ignored for this claim`;
          tell(set, 'Warning', 'ConflictingController', message);
        }
        const next = { ...claim, metadata: { ...claim.metadata, ownerReferences: plan.owners } };
        await client.update(persistentVolumeClaims, next, signal);
      }
    },

    hasStale(set: StatefulSet, ordinal: number): boolean {
      return (set.spec.volumeClaimTemplates ?? []).some((template) => {
        const claim = named(set, template, ordinal);
        return claim !== undefined && isStale(set, podName(set, ordinal), claim);
      });
    },
  };
}
