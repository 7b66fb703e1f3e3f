import type { KubeObject, Resource } from '#lib/api/resource.ts';
import type { Informer } from '#lib/client/informer.ts';
import { possibleOwners } from './claim.ts';
import type { Expectations } from './expectations.ts';
import { controllerOf, refersTo } from './owners.ts';

export interface WatchOwnedOptions<O extends KubeObject, T extends KubeObject> {
  readonly ownerResource: Resource<O>;
  readonly owners: Informer<O>;
  readonly owned: Informer<T>;
  /** Called with the key of each owner that a change may concern. */
  add(key: string): void;
  /** Whether an owner might adopt an object that nobody controls. */
  selects(owner: O, object: T): boolean;
  readonly expectations?: Expectations;
}

/** Turns changes of owned objects into keys of their owners, and tells the expectations what has come and gone. */
export function watchOwned<O extends KubeObject, T extends KubeObject>(options: WatchOwnedOptions<O, T>): void {
  const { owners, owned, add, expectations, ownerResource } = options;
  owners.onChange((now, before, key) => {
    const isAnother = now !== undefined && before !== undefined && before.metadata.uid !== now.metadata.uid;
    if (now === undefined || isAnother) expectations?.forget(key);
    add(key);
  });
  owned.onChange((now, before) => {
    const nowKey = now && ownerKey(now);
    const beforeKey = before && ownerKey(before);
    if (now !== undefined && before === undefined && nowKey !== undefined) expectations?.created(nowKey);
    const isLeaving = now === undefined || now.metadata.deletionTimestamp !== undefined;
    if (isLeaving && beforeKey !== undefined) expectations?.deleted(beforeKey, before!.metadata.uid!);
    if (beforeKey !== undefined && beforeKey !== nowKey) add(beforeKey);
    if (nowKey !== undefined) add(nowKey);
    else if (now !== undefined && controllerOf(now) === undefined) {
      for (const key of possibleOwners(now, owners, (owner) => options.selects(owner, now))) add(key);
    }
  });

  function ownerKey(object: T): string | undefined {
    const controller = controllerOf(object);
    if (controller === undefined || !refersTo(controller, ownerResource)) return undefined;
    return `${object.metadata.namespace}/${controller.name}`;
  }
}
