import { type KubeObject, keyOf, type Resource } from '#lib/api/resource.ts';
import type { LabelSelector } from '#lib/api/types/meta.v1.ts';
import type { Client } from '#lib/client/client.ts';
import type { Reader } from '#lib/client/informer.ts';
import { hasReason } from '#lib/errors.ts';
import { indexes, orphanOf } from '../informers.ts';
import { controllerReference, planClaims } from './owners.ts';

export interface ClaimOptions<O extends KubeObject, T extends KubeObject> {
  readonly client: Client;
  readonly ownerResource: Resource<O>;
  readonly owner: O;
  readonly selector: LabelSelector | undefined;
  readonly resource: Resource<T>;
  readonly reader: Reader<T>;
}

/** The objects that belong to `owner` by reference and selector, after adopting and releasing what has to be. */
export async function claim<O extends KubeObject, T extends KubeObject>(
  { client, ownerResource, owner, selector, resource, reader }: ClaimOptions<O, T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const { uid, namespace } = owner.metadata;
  const candidates = [
    ...reader.byIndex(indexes.controller, uid!),
    ...reader.byIndex(indexes.controller, orphanOf(namespace)),
  ];
  const { mine, adopt, release } = planClaims(owner, selector, candidates);
  const claimed = [...mine];
  if (adopt.length > 0 && (await mayAdopt())) {
    for (const object of adopt) {
      const body = {
        metadata: { ownerReferences: [controllerReference(ownerResource, owner)], uid: object.metadata.uid },
      };
      const adopted = await patch(object, body);
      if (adopted !== undefined) claimed.push(adopted);
    }
  }
  for (const object of release) {
    await patch(object, { metadata: { ownerReferences: [{ $patch: 'delete', uid }], uid: object.metadata.uid } });
  }
  return claimed;

  /** The cached owner may be gone, or another of its name may be there: only the server knows. */
  async function mayAdopt(): Promise<boolean> {
    const fresh = await client.get(ownerResource, { namespace, name: owner.metadata.name }, signal).catch((error) => {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    });
    return fresh?.metadata.uid === uid && fresh?.metadata.deletionTimestamp === undefined;
  }

  async function patch(object: T, body: unknown): Promise<T | undefined> {
    try {
      const at = { namespace: object.metadata.namespace, name: object.metadata.name };
      return await client.patch(resource, at, { type: 'strategic', body }, signal);
    } catch (error) {
      // Gone, or another by now (its uid differs): nothing to claim.
      if (hasReason(error, 'NotFound', 'Invalid', 'Conflict')) return undefined;
      throw error;
    }
  }
}

/** Keys of the objects in `owners` that might adopt `orphan`. */
export function possibleOwners<O extends KubeObject>(
  orphan: KubeObject,
  owners: Reader<O>,
  selects: (owner: O, orphan: KubeObject) => boolean,
): readonly string[] {
  if (orphan.metadata.labels === undefined) return [];
  return owners
    .byIndex(indexes.namespace, orphan.metadata.namespace ?? '')
    .filter((owner) => selects(owner, orphan))
    .map(keyOf);
}
