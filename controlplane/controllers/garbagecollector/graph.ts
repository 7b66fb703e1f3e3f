import type { KubeObject, Resource } from '#lib/api/resource.ts';
import type { OwnerReference } from '#lib/api/types/meta.v1.ts';
import type { Informer } from '#lib/client/informer.ts';
import { type Informers, indexes } from '../informers.ts';
import type { Kinds } from '../shared/kinds.ts';

/** One object, by what is known of it without asking the server. */
export interface Item {
  readonly kind: Resource<KubeObject>;
  readonly key: string;
}

/** Who depends on whom: no graph of its own, but the indexes of informers that hold metadata (or more, if they run anyway). */
export interface Graph {
  get(item: Item): KubeObject | undefined;
  dependentsOf(uid: string): readonly { readonly item: Item; readonly object: KubeObject }[];
  /**
   * Where the owner must be that `reference` in an object of `namespace` names; undefined where nobody can tell: the kind is
   * not known, or has namespaces while the object has none.
   */
  ownerOf(reference: OwnerReference, namespace: string | undefined): Item | undefined;
  readonly synced: Promise<void>;
}

export type Change = (now: KubeObject | undefined, before: KubeObject | undefined, item: Item) => void;

export function createGraph(kinds: Kinds, informers: Informers, onChange: Change): Graph {
  const sources = new Map<Resource<KubeObject>, Informer<KubeObject>>();
  kinds.onNew((kind) => {
    // Events own nothing, are owned by nothing, and there are many.
    if (kind.plural === 'events') return;
    const informer = informers.metadata(kind);
    sources.set(kind, informer);
    informer.onChange((now, before, key) => onChange(now, before, { kind, key }));
  });
  kinds.onGone((kind) => {
    sources.delete(kind);
    informers.drop(kind);
  });
  return {
    get: ({ kind, key }) => sources.get(kind)?.get(key),
    dependentsOf(uid) {
      return [...sources].flatMap(([kind, informer]) =>
        informer.byIndex(indexes.owner, uid).map((object) => {
          const { namespace, name } = object.metadata;
          return { item: { kind, key: namespace ? `${namespace}/${name}` : name }, object };
        }),
      );
    },
    ownerOf({ apiVersion, kind: kindName, name }, namespace) {
      const slash = apiVersion.indexOf('/');
      const kind = kinds.find(slash === -1 ? '' : apiVersion.slice(0, slash), kindName);
      // What is of no namespace cannot say where such an owner is: it must not be taken for gone.
      if (kind === undefined || (kind.isNamespaced && !namespace)) return undefined;
      return { kind, key: kind.isNamespaced ? `${namespace ?? ''}/${name}` : name };
    },
    synced: kinds.synced.then(() => Promise.all([...sources.values()].map(({ synced }) => synced))).then(() => {}),
  };
}
