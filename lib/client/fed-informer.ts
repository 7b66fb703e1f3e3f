import { type KubeObject, keyOf } from '#lib/api/resource.ts';
import type { Informer, Listener } from '#lib/client/informer.ts';

/** An informer whose objects are handed to it, for tests without an API server. Synced from the start. */
export interface FedInformer<T extends KubeObject> extends Informer<T> {
  put(object: T): void;
  delete(key: string): void;
}

export function createFedInformer<T extends KubeObject>(): FedInformer<T> {
  const objects = new Map<string, T>();
  const listeners = new Set<Listener<T>>();
  return {
    get: (key) => objects.get(key),
    list: () => objects.values(),
    byIndex: () => [],
    onChange(listener) {
      listeners.add(listener);
      for (const [key, object] of objects) listener(object, undefined, key);
      return () => void listeners.delete(listener);
    },
    synced: Promise.resolve(),
    run: async () => {},
    put(object) {
      const key = keyOf(object);
      const before = objects.get(key);
      objects.set(key, object);
      for (const listener of listeners) listener(object, before, key);
    },
    delete(key) {
      const before = objects.get(key);
      if (before === undefined) return;
      objects.delete(key);
      for (const listener of listeners) listener(undefined, before, key);
    },
  };
}
