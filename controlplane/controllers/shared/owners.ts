// Who controls what: owner references, and which objects a controller adopts or lets go.
// Rule: metav1.GetControllerOf; kubernetes pkg/controller, ControllerRefManager.
import { apiVersionOf, type KubeObject, type Resource } from '#lib/api/resource.ts';
import { isSelectedBy } from '#lib/api/selectors/labels.ts';
import type { LabelSelector, OwnerReference } from '#lib/api/types/meta.v1.ts';

export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

export function controllerReference<T extends KubeObject>(resource: Resource<T>, owner: T): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid!,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Whether `reference` names a `resource`, in whatever version. */
export function refersTo({ apiVersion, kind }: OwnerReference, resource: Resource<unknown>): boolean {
  const slash = apiVersion.indexOf('/');
  return kind === resource.kind && (slash === -1 ? '' : apiVersion.slice(0, slash)) === resource.group;
}

export interface Claims<T> {
  /** Owned already, and still matching. */
  readonly mine: readonly T[];
  /** Matching, and nobody's: to be adopted. */
  readonly adopt: readonly T[];
  /** Owned, but no longer matching: to be let go. */
  readonly release: readonly T[];
}

/** What `owner` does with `candidates`, which are those it owns and those of its namespace that nobody controls. */
export function planClaims<T extends KubeObject>(
  owner: KubeObject,
  selector: LabelSelector | undefined,
  candidates: Iterable<T>,
): Claims<T> {
  const isLeaving = owner.metadata.deletionTimestamp !== undefined;
  const mine: T[] = [];
  const adopt: T[] = [];
  const release: T[] = [];
  for (const object of candidates) {
    const controller = controllerOf(object);
    const matches = isSelectedBy(selector, object.metadata.labels);
    if (controller?.uid === owner.metadata.uid) {
      if (matches) mine.push(object);
      else if (!isLeaving) release.push(object);
    } else if (controller === undefined && matches && !isLeaving && object.metadata.deletionTimestamp === undefined) {
      adopt.push(object);
    }
  }
  return { mine, adopt, release };
}
