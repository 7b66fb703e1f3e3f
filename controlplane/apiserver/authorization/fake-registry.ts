import { type KubeObject, keyOf, type Resource } from '#lib/api/resource.ts';
import type { CacheReader, Registry } from '../registry/registry.ts';

export interface FakeRegistry extends Pick<Registry, 'reader'> {
  put<T extends KubeObject>(resource: Resource<T>, object: T): void;
  remove<T extends KubeObject>(resource: Resource<T>, key: string): void;
}

/** For tests of what reads caches: a model of them without a store. */
export function createFakeRegistry(): FakeRegistry {
  const kinds = new Map<string, Kind>();
  const kindOf = ({ plural }: Resource<never> | Resource<KubeObject>): Kind => {
    let kind = kinds.get(plural);
    if (kind === undefined) kinds.set(plural, (kind = { objects: new Map(), listeners: new Set() }));
    return kind;
  };
  const change = (resource: Resource<KubeObject>, key: string, now: KubeObject | undefined) => {
    const { objects, listeners } = kindOf(resource);
    const before = objects.get(key);
    if (now === undefined) objects.delete(key);
    else objects.set(key, now);
    for (const listener of listeners) listener(now, before, key);
  };
  return {
    put: (resource, object) => change(resource as Resource<KubeObject>, keyOf(object), object),
    remove: (resource, key) => change(resource as Resource<KubeObject>, key, undefined),
    reader<T extends KubeObject>(resource: Resource<T>): CacheReader<T> {
      const { objects, listeners } = kindOf(resource as Resource<KubeObject>);
      const reader: CacheReader<KubeObject> = {
        get: (key) => objects.get(key),
        list: (namespace) =>
          [...objects.values()].filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace),
        onChange(listener) {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      };
      return reader as unknown as CacheReader<T>;
    },
  };
}

interface Kind {
  readonly objects: Map<string, KubeObject>;
  readonly listeners: Set<(now: KubeObject | undefined, before: KubeObject | undefined, key: string) => void>;
}
